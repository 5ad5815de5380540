//! `report.html`: one page that needs nothing but itself. What ran and the matrix are rendered here;
//! instances are data in the page, from which its script makes what the reader opens.

mod badge;
mod comparison;
mod context;
mod data;
mod shown;

use handlebars::{Handlebars, RenderError};
use serde::Serialize;

use crate::compare::Comparison;
use crate::record::Results;
use context::Page;
use data::Data;

/// A page that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// The template fails.
    #[error("cannot render the page: {0}")]
    Template(#[from] Box<RenderError>),
    /// The data cannot be written as JSON.
    #[error("cannot write the page's data: {0}")]
    Data(#[from] serde_json::Error),
}

const STYLE: &str = include_str!("../../templates/report.css");

/// What the template is given: the page, escaped, and three parts that are put in as they are.
#[derive(Serialize)]
struct Document {
    page: Page,
    style: &'static str,
    script: &'static str,
    data: String,
}

/// One self-contained page of any number of records.
pub fn render(results: &[Results]) -> Result<String, HtmlError> {
    let document = Document {
        page: Page::new(results),
        style: STYLE,
        script: include_str!("../../templates/report.js"),
        data: script_data(&Data::new(results))?,
    };
    rendered(include_str!("../../templates/report.hbs"), &document)
}

/// One page about what changed between two records.
pub fn comparison(comparison: &Comparison, title: &str) -> Result<String, HtmlError> {
    #[derive(Serialize)]
    struct Document {
        page: comparison::Page,
        style: &'static str,
    }
    let document = Document {
        page: comparison::Page::new(comparison, title),
        style: STYLE,
    };
    rendered(include_str!("../../templates/compare.hbs"), &document)
}

fn rendered(template: &str, document: &impl Serialize) -> Result<String, HtmlError> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    Ok(templates
        .render_template(template, document)
        .map_err(Box::new)?)
}

/// JSON that cannot end its script element: there, only `<` could begin something else.
fn script_data(data: &Data) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(data)?.replace('<', "\\u003c"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn nothing_that_an_ebuild_sent_is_markup() {
        let page = render(&[sample::results()]).unwrap();
        assert!(!page.contains("<b>hostile"));
        assert!(!page.contains("<script>alert"));
        assert_eq!(page.matches("</script").count(), 2);
        assert!(!page.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    }

    #[test]
    fn names_are_escaped_where_the_page_shows_them() {
        let mut results = sample::results();
        let evil = "\"><img src=x>\u{202e}";
        results.arguments.push(evil.to_owned());
        let run = &mut results.runs[0];
        run.domain.push_str(evil);
        run.broken = Some(evil.to_owned());
        run.notes.push(evil.to_owned());
        for instance in &mut run.instances {
            instance.section.push_str(evil);
            instance.chapter.push_str(evil);
            instance.eapi.push_str(evil);
        }
        let page = render(&[results]).unwrap();
        assert!(!page.contains("<img"));
        assert!(!page.contains('\u{202e}'));
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        let page = render(&[sample::results()]).unwrap();
        for loader in [" src=", "href=\"http", "@import", "url(", "fetch("] {
            assert!(!page.contains(loader), "{loader}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}

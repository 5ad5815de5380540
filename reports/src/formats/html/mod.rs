//! What readers open in a browser. One design in two forms: `report.html`, a page that needs nothing
//! but itself, and a site, whose page loads its data as scripts, so that neither a server nor more
//! than what is looked at is needed. What ran, the matrix and the pictures are rendered here; the
//! list of instances is made by the page's script.

mod badge;
#[cfg(test)]
mod browser;
mod chart;
mod comparison;
mod context;
mod coverage;
mod details;
mod facts;
mod files;
mod index;
mod matrix;
mod parts;
mod readiness;
mod scope;
mod shown;
mod time;
mod timeline;

use std::sync::OnceLock;

use handlebars::{Handlebars, RenderError};
use pmsts_testcases::{Catalogue, Suite};
use serde::Serialize;

use crate::compare::Comparison;
use crate::record::Results;
use context::Page;
use index::Index;
use scope::Scope;

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

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");
const REPORT: &str = include_str!("../../../templates/report.hbs");

/// What the template is given: the page, escaped, and parts that are put in as they are.
#[derive(Serialize)]
struct Document {
    page: Page,
    /// None where they are files beside the page.
    style: Option<&'static str>,
    script: Option<&'static str>,
    parts: Vec<Inline>,
}

#[derive(Serialize)]
struct Inline {
    name: String,
    json: String,
}

/// One self-contained page of any number of records.
pub fn render(results: &[Results]) -> Result<String, HtmlError> {
    let scope = Scope::new(results);
    let mut parts = Vec::new();
    for part in all_parts(&scope) {
        let (name, json) = part?;
        // There, only `<` could begin something that ends the script element.
        let json = json.replace('<', "\\u003c");
        parts.push(Inline { name, json });
    }
    let document = Document {
        page: Page::new(&scope, catalogue()),
        style: Some(STYLE),
        script: Some(SCRIPT),
        parts,
    };
    rendered(REPORT, &document)
}

/// The files of a site, each with its path: `index.html` and what it loads. They are given one by
/// one, as all together can be large.
pub fn site<E: From<HtmlError>>(
    results: &[Results],
    mut file: impl FnMut(&str, &str) -> Result<(), E>,
) -> Result<(), E> {
    let scope = Scope::new(results);
    let document = Document {
        page: Page::new(&scope, catalogue()),
        style: None,
        script: None,
        parts: Vec::new(),
    };
    file("report.css", STYLE)?;
    file("report.js", SCRIPT)?;
    for part in all_parts(&scope) {
        let (name, json) = part.map_err(HtmlError::from)?;
        // A page opened from a disk may run scripts, and may not fetch.
        file(
            &format!("data/{name}.js"),
            &format!("part(\"{name}\", {json});\n"),
        )?;
    }
    // Last, so that a page that is there is whole.
    file("index.html", &rendered(REPORT, &document)?)
}

fn all_parts<'a>(
    scope: &'a Scope<'a>,
) -> impl Iterator<Item = Result<parts::Part, serde_json::Error>> + 'a {
    let index = std::iter::once_with(|| {
        let index = Index::new(scope, catalogue());
        Ok(("index".to_owned(), serde_json::to_string(&index)?))
    });
    index.chain(parts::parts(scope))
}

/// The requirements that this program knows: the page shows their statements.
fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        // A page without statements is better than none; a test loads the suite.
        Suite::embedded()
            .map(|suite| suite.catalogue)
            .unwrap_or_default()
    })
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
    rendered(include_str!("../../../templates/compare.hbs"), &document)
}

fn rendered(template: &str, document: &impl Serialize) -> Result<String, HtmlError> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    Ok(templates
        .render_template(template, document)
        .map_err(Box::new)?)
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
        assert_eq!(
            page.matches("</script").count(),
            page.matches("<script").count()
        );
        assert!(!page.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    }

    #[test]
    fn names_are_escaped_where_the_page_shows_them() {
        let mut results = sample::results();
        let evil = "\"><img src=x>\u{202e}";
        results.arguments.push(evil.to_owned());
        let target = &mut results.targets[0];
        target.name.push_str(evil);
        target.broken = Some(evil.to_owned());
        target.notes.push(evil.to_owned());
        for instance in &mut target.instances {
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

    #[test]
    fn a_site_loads_its_own_files_alone() {
        let mut files = std::collections::BTreeMap::new();
        site(&[sample::results()], |path, text| {
            files.insert(path.to_owned(), text.to_owned());
            Ok::<(), HtmlError>(())
        })
        .unwrap();
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        let data = [
            "data/0-0.js",
            "data/0-files.js",
            "data/index.js",
            "data/time-0.js",
        ];
        assert_eq!(
            names,
            [&data[..], &["index.html", "report.css", "report.js"]].concat()
        );
        assert!(files["data/index.js"].starts_with("part(\"index\", {"));
        let page = &files["index.html"];
        assert!(!page.contains("hostile") && !page.contains("://"));
        assert!(page.contains("<script src=\"report.js\""));
    }
}

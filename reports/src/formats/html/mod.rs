//! HTML reports in two forms: `report.html`, a single self-contained file, and a site, whose page loads data when the
//! reader opens something. The site loads its data as scripts, so that it works without a server. This module renders the
//! facts, the table of sections and the charts; the report's script makes the list of instances.

mod badge;
#[cfg(test)]
mod browser;
mod chart;
mod comparison;
mod context;
mod coverage;
mod dearest;
mod details;
mod facts;
mod files;
mod findings;
mod index;
mod matrix;
mod parts;
mod readiness;
mod scope;
mod shown;
pub mod store;
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

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// The template cannot be rendered.
    #[error("cannot render the HTML report: {0}")]
    Template(#[from] Box<RenderError>),
    /// The data cannot be written as JSON.
    #[error("cannot write the data of the HTML report as JSON: {0}")]
    Data(#[from] serde_json::Error),
}

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");
const REPORT: &str = include_str!("../../../templates/report.hbs");

/// The data of the template: `page` is escaped, the other fields are inserted unchanged.
#[derive(Serialize)]
struct Document {
    page: Page,
    /// `None` in a site, where style and script are separate files.
    style: Option<&'static str>,
    script: Option<&'static str>,
    parts: Vec<Inline>,
}

#[derive(Serialize)]
struct Inline {
    name: String,
    json: String,
}

/// Renders records as one self-contained page.
pub fn render(results: &[Results]) -> Result<String, HtmlError> {
    let scope = Scope::new(results);
    let mut parts = Vec::new();
    for part in all_parts(&scope) {
        let (name, json) = part?;
        // Inside a script element, only `<` can begin a tag that ends the element.
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

/// Renders records as a site: `index.html` and the files that it loads. Calls `file` with the path and the content of each
/// file, one at a time, as all of them together can be large.
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
        // A page opened from the file system may load scripts, but may not fetch data.
        file(
            &format!("data/{name}.js"),
            &format!("part(\"{name}\", {json});\n"),
        )?;
    }
    // Written last, so that an existing index.html means a complete site.
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

/// The catalogue of requirements: reports show their statements.
fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        // Without a catalogue the report only lacks statements. A test makes sure that the suite loads.
        Suite::embedded()
            .map(|suite| suite.catalogue)
            .unwrap_or_default()
    })
}

/// Renders the comparison of two records as one self-contained page.
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
    use pmsts_testcases::PMS_PAGE;

    use super::*;
    use crate::sample;

    #[test]
    fn hostile_text_is_not_markup() {
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
    fn names_are_escaped() {
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
        // A link loads nothing; the only one leads to the PMS.
        let page = page.replace(&format!("href=\"{PMS_PAGE}\""), "");
        for loader in [" src=", "href=\"http", "@import", "url(", "fetch("] {
            assert!(!page.contains(loader), "{loader}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn a_site_loads_only_its_own_files() {
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
        let page = files["index.html"].replace(PMS_PAGE, "");
        assert!(!page.contains("src=\"http") && !page.contains("://"));
        assert!(page.contains("<script src=\"report.js\""));
    }
}

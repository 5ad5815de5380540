//! `report.html`: one page that needs nothing but itself. The matrix is rendered here; instances are
//! data in the page, from which its script makes what the reader opens.

mod context;

use handlebars::Handlebars;

use crate::record::Results;
use context::Page;

/// A page that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// The template fails.
    #[error("cannot render the page: {0}")]
    Template(#[from] Box<handlebars::RenderError>),
    /// The data cannot be written as JSON.
    #[error("cannot write the page's data: {0}")]
    Data(#[from] serde_json::Error),
}

/// One self-contained page of any number of records.
///
/// # Panics
/// Never: the template is part of the program and tests render it.
pub fn render(results: &[Results]) -> Result<String, HtmlError> {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates
        .register_template_string("report", include_str!("../../templates/report.hbs"))
        .expect("the embedded template compiles");
    let page = Page::new(results)?;
    templates
        .render("report", &page)
        .map_err(|e| HtmlError::Template(Box::new(e)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn nothing_that_an_ebuild_sent_is_markup() {
        let page = render(&[sample::results()]).unwrap();
        assert!(!page.contains("<b>hostile</b>"));
        assert!(!page.contains("</script><script>alert"));
        assert_eq!(page.matches("</script>").count(), 2);
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        let page = render(&[sample::results()]).unwrap();
        for loader in ["src=", "href=\"http", "@import", "url("] {
            assert!(!page.contains(loader), "{loader}");
        }
    }

    #[test]
    fn the_data_of_the_page_is_this() {
        insta::assert_json_snapshot!(Page::new(&[sample::results()]).unwrap());
    }
}

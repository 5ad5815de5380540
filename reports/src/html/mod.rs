//! HTML.

use crate::record::Results;

/// A page that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot render the page: {0}")]
pub struct HtmlError(#[from] Box<handlebars::RenderError>);

/// One self-contained page.
pub fn render(_results: &[Results]) -> Result<String, HtmlError> {
    Ok(String::new())
}

//! Errors in adapter files, with their positions.

use std::ops::Range;
use std::path::PathBuf;

use handlebars::RenderErrorReason;
use miette::Diagnostic;
use pmsts_testcases::LoadError;

use super::{RenderError, names};

/// An adapter that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// There is no built-in adapter of that name.
    #[error("there is no built-in adapter `{0}`, only {known}: give a file with --adapter", known = names().join(", "))]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read the adapter `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is wrong.
    #[error(transparent)]
    Fault(Box<LoadError>),
}

impl AdapterError {
    /// An error at the span of the file.
    pub(super) fn fault(file: &str, text: &str, span: Range<usize>, message: &str) -> Self {
        Self::Fault(Box::new(LoadError::new(file, text, span, message)))
    }

    /// An error in a template of the file.
    pub(super) fn template(file: &str, text: &str, error: &RenderError) -> Self {
        match error {
            RenderError::Template { span, source, .. } => {
                let (message, position) = explain(source);
                let literal = text.get(span.clone()).unwrap_or_default();
                let start = position.map_or(span.start, |(line, column)| {
                    (span.start + offset(literal, line, column)).min(span.end)
                });
                Self::fault(file, text, start..span.end, &message)
            }
            RenderError::Lacks(message) => Self::fault(file, text, 0..0, message),
        }
    }
}

impl Diagnostic for AdapterError {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        match self {
            Self::Fault(fault) => fault.source_code(),
            _ => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        match self {
            Self::Fault(fault) => fault.labels(),
            _ => None,
        }
    }
}

/// The message of handlebars without its excerpt of the template, and the line and column.
fn explain(error: &handlebars::RenderError) -> (String, Option<(usize, usize)>) {
    match error.reason() {
        RenderErrorReason::TemplateError(it) => {
            (format!("bad template: {}", it.reason()), it.pos())
        }
        reason => (
            format!("bad template: {reason}"),
            error.line_no.zip(error.column_no),
        ),
    }
}

/// The offset in bytes, in a TOML string as written, of a line and column of its value.
///
/// It is exact unless the string is `"…"` and has escapes before that place.
fn offset(literal: &str, line: usize, column: usize) -> usize {
    let quotes = ["'''\n", "\"\"\"\n", "'''", "\"\"\""]
        .into_iter()
        .find(|quotes| literal.starts_with(quotes))
        .map_or(1, str::len);
    let content = literal.get(quotes..).unwrap_or_default();
    let before: usize = content
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let indent: usize = content[before..]
        .chars()
        .take(column.saturating_sub(1))
        .map(char::len_utf8)
        .sum();
    quotes + before + indent
}

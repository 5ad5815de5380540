//! Faults of adapter files, and where they are.

use std::ops::Range;
use std::path::PathBuf;

use handlebars::RenderErrorReason;
use miette::Diagnostic;
use pmsts_testcases::LoadError;

use super::{RenderError, names};

/// An adapter that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// No adapter of that name is part of this program.
    #[error("there is no adapter `{0}`; known are {known}", known = names().join(", "))]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read the adapter `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is wrong.
    #[error(transparent)]
    Fault(Box<LoadError>),
}

impl AdapterError {
    /// A fault of the file at the span.
    pub(super) fn fault(file: &str, text: &str, span: Range<usize>, message: &str) -> Self {
        Self::Fault(Box::new(LoadError::new(file, text, span, message)))
    }

    /// A fault of a template in the file.
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

/// What handlebars says, without its own drawing of the place, and the line and column.
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

/// Bytes from the start of a TOML string, as written, to a line and column of what it holds.
///
/// Exact but for `"…"` with escapes before the place.
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

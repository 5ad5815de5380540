//! What is wrong with a file, and where.

use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceSpan};

use super::item::Span;

/// Something wrong at a place of the file being read.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }

    pub(super) fn at(span: &Span, error: impl std::fmt::Display) -> Self {
        Self::new(span.clone(), error.to_string())
    }

    pub(super) fn in_file(self, file: &str, text: &str) -> LoadError {
        LoadError::new(file, text, self.span, &self.message)
    }
}

/// Line and column, from 1, of a byte.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |i| i + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (line, column)
}

/// A file that cannot be used: cases, catalogue, and whatever else people write for pmsts.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place}: {message}")]
pub struct LoadError {
    place: String,
    message: String,
    span: SourceSpan,
    text: NamedSource<String>,
}

impl LoadError {
    /// Something wrong with a file at these bytes of its text.
    pub fn new(file: &str, text: &str, span: Range<usize>, message: &str) -> Self {
        let (line, column) = position(text, span.start);
        Self {
            place: format!("{file}:{line}:{column}"),
            message: message.trim_end().to_owned(),
            span: span.into(),
            text: NamedSource::new(file, text.to_owned()),
        }
    }

    /// `FILE:LINE:COLUMN`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Diagnostic for LoadError {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(
            None, self.span,
        ))))
    }
}

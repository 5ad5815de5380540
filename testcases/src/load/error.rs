//! Errors of loading, with the source lines that they are about.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceSpan};

use super::fault::Faults;

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

/// A fault of a case file, or of any other file that users write for pmsts.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place}: {message}")]
pub struct LoadError {
    place: String,
    message: String,
    span: SourceSpan,
    text: Arc<NamedSource<String>>,
}

impl LoadError {
    /// A fault of the file, at these bytes of its text.
    pub fn new(file: &str, text: &str, span: Range<usize>, message: &str) -> Self {
        Self::in_source(&source(file, text), span, message)
    }

    fn in_source(text: &Arc<NamedSource<String>>, span: Range<usize>, message: &str) -> Self {
        let (line, column) = position(text.inner(), span.start);
        Self {
            place: format!("{}:{line}:{column}", text.name()),
            message: message.trim_end().to_owned(),
            span: span.into(),
            text: Arc::clone(text),
        }
    }
}

fn source(file: &str, text: &str) -> Arc<NamedSource<String>> {
    Arc::new(NamedSource::new(file, text.to_owned()))
}

/// The faults of one file as errors, in the order of the file.
pub(super) fn in_file(faults: Faults, file: &str, text: &str) -> Vec<LoadError> {
    let text = source(file, text);
    let faults = faults.in_order().into_iter();
    faults
        .map(|fault| LoadError::in_source(&text, fault.span, &fault.message))
        .collect()
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

/// A suite that cannot be loaded.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SuiteError {
    /// A directory or file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The files have faults: all of them, by file and place.
    #[error("{} in the case files", plural(.0.len()))]
    Faults(#[related] Vec<LoadError>),
}

fn plural(count: usize) -> String {
    if count == 1 {
        "1 fault".to_owned()
    } else {
        format!("{count} faults")
    }
}

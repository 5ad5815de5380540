//! Faults of a file: a message and the place that it is about.

use std::ops::Range;

/// A place in a file, in bytes.
pub(super) type Span = Range<usize>;

/// One fault of the file that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// Several faults. Reading continues after a fault, so that one attempt finds all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Vec<Fault>);

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a result; its faults are added to these.
    pub(super) fn keep<T, E: Into<Self>>(&mut self, read: Result<T, E>) -> Option<T> {
        read.map_err(|faults| self.0.extend(faults.into().0)).ok()
    }

    /// The value, if there are no faults.
    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// The faults in the order of the file. A case and its twin share text, so the same fault may
    /// have been found twice.
    pub(super) fn in_order(mut self) -> Vec<Fault> {
        self.0.sort_by(|a, b| {
            let key = |fault: &Fault| (fault.span.start, fault.span.end);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        self.0.dedup();
        self.0
    }
}

/// All values, or the faults of all.
pub(super) fn all<T, E: Into<Faults>>(
    read: impl IntoIterator<Item = Result<T, E>>,
) -> Result<Vec<T>, Faults> {
    let mut faults = Faults::default();
    let values: Vec<Option<T>> = read.into_iter().map(|one| faults.keep(one)).collect();
    faults.or(values.into_iter().flatten().collect())
}

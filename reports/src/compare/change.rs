//! How one instance changed between two records.

use pmsts_testcases::{Compared, Outcome, Value, Verdict};
use serde::Serialize;

use crate::record::Instance;

/// How an instance of the new record differs from that of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails in the new record and did not fail in the old one.
    NewlyFailing,
    /// It passes in the new record and did not pass in the old one.
    NewlyPassing,
    /// Another verdict changed, or a value that is not the expected one.
    Changed,
    /// Only the new record has the instance.
    New,
    /// Only the old record has the instance.
    Gone,
}

impl Change {
    /// All changes, in the order in which reports list them.
    pub const ALL: [Self; 5] = [
        Self::NewlyFailing,
        Self::NewlyPassing,
        Self::Changed,
        Self::New,
        Self::Gone,
    ];

    /// The change in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly failing",
            Self::NewlyPassing => "newly passing",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// How an instance changed; `None` where it did not. Values that meet their expectation are not compared,
/// as some differ in every run (a process id, a path).
pub fn change(before: Option<&Instance>, after: Option<&Instance>) -> Option<Change> {
    let (old, new) = match (before, after) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(_)) => return Some(Change::New),
        (Some(_), None) => return Some(Change::Gone),
        (None, None) => return None,
    };
    if new.verdict.is_failure() && !old.verdict.is_failure() {
        Some(Change::NewlyFailing)
    } else if new.verdict == Verdict::Passed && old.verdict != Verdict::Passed {
        Some(Change::NewlyPassing)
    } else if old.verdict != new.verdict || !notable(old).map(seen).eq(notable(new).map(seen)) {
        Some(Change::Changed)
    } else {
        None
    }
}

/// The comparisons of an instance that did not meet their expectation, or were only recorded.
pub(super) fn notable(instance: &Instance) -> impl Iterator<Item = &Compared> {
    let compared = instance.compared.iter();
    compared.filter(|compared| compared.outcome != Outcome::Met)
}

fn seen(compared: &Compared) -> (&str, &str, Option<&Value>) {
    (
        &compared.address,
        &compared.expected,
        compared.actual.as_ref(),
    )
}

//! A verdict as the page shows it: a class for its colour, and a sign for those who do not see it.

use pmsts_testcases::Verdict;
use serde::Serialize;

use crate::kind::Kind;

/// A verdict, for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Badge {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    /// Whether a reader should look at it.
    problem: bool,
}

impl Badge {
    pub(super) fn class(self) -> &'static str {
        self.class
    }

    pub(super) fn words(self) -> &'static str {
        self.words
    }
}

impl From<Verdict> for Badge {
    fn from(verdict: Verdict) -> Self {
        Kind::Verdict(verdict).into()
    }
}

impl From<Kind> for Badge {
    fn from(kind: Kind) -> Self {
        let (class, sign) = match kind {
            Kind::Verdict(Verdict::Passed) => ("passed", "✓"),
            Kind::Verdict(Verdict::Failed) => ("failed", "✗"),
            Kind::Verdict(Verdict::NotObserved) => ("not-observed", "?"),
            Kind::Verdict(Verdict::TimedOut) => ("timed-out", "∞"),
            Kind::Verdict(Verdict::Error) => ("error", "!"),
            Kind::Verdict(Verdict::Skipped) => ("skipped", "–"),
            Kind::Verdict(Verdict::Unsupported) => ("unsupported", "∅"),
            Kind::Verdict(Verdict::Recorded) => ("recorded", "•"),
            Kind::Lenient => ("lenient", "~"),
            Kind::Known => ("known", "≈"),
            Kind::Stale => ("stale", "↺"),
        };
        Self {
            class,
            sign,
            words: kind.words(),
            problem: kind.is_problem(),
        }
    }
}

/// Position in [`Kind::all`]: how the page's data names one.
pub(super) fn number(kind: Kind) -> usize {
    Kind::all().position(|k| k == kind).unwrap_or_default()
}

/// What gives a cell its colour: the worst.
pub(super) fn worst(kinds: impl Iterator<Item = Kind>) -> Option<Kind> {
    kinds.max_by_key(|kind| match kind {
        Kind::Verdict(Verdict::Failed) => 10,
        Kind::Verdict(Verdict::NotObserved) => 9,
        Kind::Verdict(Verdict::TimedOut) => 8,
        Kind::Verdict(Verdict::Error) => 7,
        Kind::Stale => 6,
        Kind::Lenient => 5,
        Kind::Known => 4,
        Kind::Verdict(Verdict::Passed) => 3,
        Kind::Verdict(Verdict::Recorded) => 2,
        Kind::Verdict(Verdict::Skipped) => 1,
        Kind::Verdict(Verdict::Unsupported) => 0,
    })
}

//! The appearance of a category in HTML: a class for its colour, and a sign for readers who cannot see colours.

use pmsts_testcases::Verdict;
use serde::Serialize;

use crate::describe::category::Category;

/// The appearance of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Badge {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    /// Whether a reader should look at instances of this category.
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
        Category::Verdict(verdict).into()
    }
}

impl From<Category> for Badge {
    fn from(kind: Category) -> Self {
        let (class, sign) = match kind {
            Category::Verdict(Verdict::Passed) => ("passed", "✓"),
            Category::Verdict(Verdict::Failed) => ("failed", "✗"),
            Category::Verdict(Verdict::NotObserved) => ("not-observed", "?"),
            Category::Verdict(Verdict::TimedOut) => ("timed-out", "∞"),
            Category::Verdict(Verdict::Blocked) => ("blocked", "⊘"),
            Category::Verdict(Verdict::Error) => ("error", "!"),
            Category::Verdict(Verdict::Skipped) => ("skipped", "–"),
            Category::Verdict(Verdict::Unsupported) => ("unsupported", "∅"),
            Category::Verdict(Verdict::Recorded) => ("recorded", "•"),
            Category::Lenient => ("lenient", "~"),
            Category::Known => ("known", "≈"),
            Category::Stale => ("stale", "↺"),
        };
        Self {
            class,
            sign,
            words: kind.words(),
            problem: kind.is_problem(),
        }
    }
}

/// The statuses of findings, in the order in which reports list them.
pub(super) const STATUSES: [&str; 4] = ["new", "known", "disputed", "lenient"];

/// The status of a known finding of a kind.
pub(super) fn status(kind: &str) -> &'static str {
    match kind {
        "disputed" => "disputed",
        "leniency" => "lenient",
        _ => "known",
    }
}

impl Badge {
    /// The appearance of findings of a status.
    pub(super) fn of_findings(status: &'static str) -> Self {
        let (class, sign) = match status {
            "new" => ("failed", "✗"),
            "known" => ("known", "≈"),
            "disputed" => ("recorded", "•"),
            _ => ("lenient", "~"),
        };
        Self {
            class,
            sign,
            words: status,
            problem: status == "new",
        }
    }
}

/// Position in [`Category::all`], which stands for the category in the report's data.
pub(super) fn number(kind: Category) -> usize {
    Category::all().position(|k| k == kind).unwrap_or_default()
}

/// The worst of several categories, which colours a cell.
pub(super) fn worst(kinds: impl Iterator<Item = Category>) -> Option<Category> {
    kinds.max_by_key(|kind| match kind {
        Category::Verdict(Verdict::Failed) => 11,
        Category::Verdict(Verdict::NotObserved) => 10,
        Category::Verdict(Verdict::TimedOut) => 9,
        Category::Verdict(Verdict::Error) => 8,
        Category::Stale => 7,
        Category::Lenient => 6,
        Category::Verdict(Verdict::Blocked) => 5,
        Category::Known => 4,
        Category::Verdict(Verdict::Passed) => 3,
        Category::Verdict(Verdict::Recorded) => 2,
        Category::Verdict(Verdict::Skipped) => 1,
        Category::Verdict(Verdict::Unsupported) => 0,
    })
}

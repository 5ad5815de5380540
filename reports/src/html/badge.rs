//! A verdict as the page shows it: a class for its colour, and a sign for those who do not see it.

use pmsts_testcases::Verdict;
use serde::Serialize;

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
}

impl From<Verdict> for Badge {
    fn from(verdict: Verdict) -> Self {
        let (class, sign) = match verdict {
            Verdict::Passed => ("passed", "✓"),
            Verdict::Failed => ("failed", "✗"),
            Verdict::NotObserved => ("not-observed", "?"),
            Verdict::TimedOut => ("timed-out", "∞"),
            Verdict::Error => ("error", "!"),
            Verdict::Skipped => ("skipped", "–"),
            Verdict::Unsupported => ("unsupported", "∅"),
            Verdict::Recorded => ("recorded", "•"),
        };
        let problem = verdict.is_failure() || verdict == Verdict::Error;
        Self {
            class,
            sign,
            words: verdict.words(),
            problem,
        }
    }
}

/// Position in [`Verdict::ALL`]: how the page's data names a verdict.
pub(super) fn number(verdict: Verdict) -> usize {
    Verdict::ALL
        .iter()
        .position(|v| *v == verdict)
        .unwrap_or_default()
}

/// The verdict that gives a cell its colour: the worst.
pub(super) fn worst(verdicts: impl Iterator<Item = Verdict>) -> Option<Verdict> {
    verdicts.max_by_key(|verdict| match verdict {
        Verdict::Failed => 7,
        Verdict::NotObserved => 6,
        Verdict::TimedOut => 5,
        Verdict::Error => 4,
        Verdict::Passed => 3,
        Verdict::Recorded => 2,
        Verdict::Skipped => 1,
        Verdict::Unsupported => 0,
    })
}

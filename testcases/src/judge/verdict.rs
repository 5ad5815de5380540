//! What judging an instance comes to.

use serde::{Deserialize, Serialize};

use crate::model::Value;

/// The verdict on one instance. A fault of ours (`Error`) is never a failure of the package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every expectation was observed and holds.
    Passed,
    /// Something observed differs from what the PMS asks for.
    Failed,
    /// An observation that must come did not come.
    NotObserved,
    /// A step reached its time limit.
    TimedOut,
    /// The harness or the set-up broke; says nothing about the package manager.
    Error,
    /// Not run, for a reason that is given.
    Skipped,
    /// The package manager does not claim the EAPI, or lacks the operation.
    Unsupported,
    /// The PMS leaves it open: what was seen is kept for comparison.
    Recorded,
}

impl Verdict {
    /// All verdicts, in the order in which reports list them.
    pub const ALL: [Self; 8] = [
        Self::Passed,
        Self::Failed,
        Self::NotObserved,
        Self::TimedOut,
        Self::Error,
        Self::Skipped,
        Self::Unsupported,
        Self::Recorded,
    ];

    /// Whether a run with this verdict in it does not conform.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::NotObserved | Self::TimedOut)
    }

    /// Whether neither the package manager nor the harness did something wrong.
    pub fn went_well(self) -> bool {
        !self.is_failure() && self != Self::Error
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotObserved => "not observed",
            Self::TimedOut => "timed out",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Unsupported => "unsupported",
            Self::Recorded => "recorded",
        }
    }
}

/// How one expectation came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Met,
    /// It was observed and differs.
    Differs,
    /// It was not observed.
    Missing,
    /// It was recorded, not judged.
    Recorded,
}

/// One expectation beside what was observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The observation's address, as in the case file: `src_install.link`.
    pub address: String,
    /// What the case expects, in words: `equal to "…"`.
    pub expected: String,
    /// The expected value where it is one exact text, for a diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<Value>,
    /// What was observed; nothing where nothing came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
    /// How it came out.
    pub outcome: Outcome,
    /// How far the step got, where the observation is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Judgement {
    /// The verdict on an instance that was not observed, for this reason.
    pub fn unobserved(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: Some(reason.into()),
            compared: Vec::new(),
        }
    }

    /// The verdict on an instance that an interrupt cut off or kept from being begun.
    pub fn interrupted() -> Self {
        Self::unobserved(Verdict::Skipped, "interrupted")
    }
}

/// The verdict on an instance with what it stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where the comparisons do not say it: a limit, a skip, a fault of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Every expectation, in the order of the case file.
    pub compared: Vec<Compared>,
}

//! Verdicts, and the comparisons that they are derived from.

use serde::{Deserialize, Serialize};

use crate::model::Value;

/// The verdict on one instance. `Error` is a fault of pmsts, never a failure of the package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every expectation was observed and holds.
    Passed,
    /// An observation differs from what the PMS requires.
    Failed,
    /// An expected observation did not arrive.
    NotObserved,
    /// A step reached its time limit.
    TimedOut,
    /// A known finding of another case ended the build before it could be judged.
    Blocked,
    /// The harness or the set-up broke. This says nothing about the package manager.
    Error,
    /// The instance was not run, for a given reason.
    Skipped,
    /// The package manager does not support the EAPI or the operation.
    Unsupported,
    /// The PMS leaves the behaviour open; the observations are kept for comparison.
    Recorded,
}

impl Verdict {
    /// All verdicts, in the order in which reports list them.
    pub const ALL: [Self; 9] = [
        Self::Passed,
        Self::Failed,
        Self::NotObserved,
        Self::TimedOut,
        Self::Blocked,
        Self::Error,
        Self::Skipped,
        Self::Unsupported,
        Self::Recorded,
    ];

    /// Whether the verdict makes a run fail.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::NotObserved | Self::TimedOut)
    }

    /// Whether nothing kept the instance from being judged, and the package manager did not fail.
    pub fn went_well(self) -> bool {
        !self.is_failure() && !matches!(self, Self::Blocked | Self::Error)
    }

    /// The words in reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotObserved => "not observed",
            Self::TimedOut => "timed out",
            Self::Blocked => "blocked",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Unsupported => "unsupported",
            Self::Recorded => "recorded",
        }
    }
}

/// The outcome of one expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is met.
    Met,
    /// The observation differs.
    Differs,
    /// The observation is missing.
    Missing,
    /// The observation was recorded and not judged.
    Recorded,
}

/// One expectation and the observation that it was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The observation's address, as in the case file: `src_install.link`.
    pub address: String,
    /// The expectation in words.
    pub expected: String,
    /// The expected value, if it is one exact text; reports use it for a diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<Value>,
    /// The observation; none if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
    /// The outcome.
    pub outcome: Outcome,
    /// How far the step got, if the observation is missing.
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

    /// The verdict on an instance that an interrupt stopped or prevented.
    pub fn interrupted() -> Self {
        Self::unobserved(Verdict::Skipped, "interrupted")
    }
}

/// The verdict on an instance, with its reason and comparisons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The reason, if the comparisons do not show it: a limit, a skip, a fault of pmsts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Every expectation, in the order of the case file.
    pub compared: Vec<Compared>,
}

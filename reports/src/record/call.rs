//! One call of a package manager: which builds it was for, and what it cost.

use serde::{Deserialize, Serialize};

/// One call of a package manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CallRecord {
    /// Number of the batch in the run, from 0.
    pub batch: u32,
    /// Name of the step: `install`.
    pub step: String,
    /// What the call was made for.
    pub purpose: Purpose,
    /// Names of the builds that shared it.
    pub builds: Vec<String>,
    /// Processor time of the command and all that it started, in milliseconds.
    pub cpu_ms: u64,
    /// Duration of the command, in milliseconds.
    pub duration_ms: u64,
    /// Largest memory of one of its processes, in KiB.
    pub max_rss_kib: u64,
}

/// What a call was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The first step of several builds.
    Shared,
    /// The first step of one build.
    Alone,
    /// The first step of one build, which must be refused or fail.
    Refusal,
    /// A later step.
    Later,
    /// Builds that are tried again.
    Again,
}

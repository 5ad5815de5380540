//! The contents of `results.json`: everything that one run of `pmsts run` found. Versioned, complete and mergeable.

mod build;
mod call;
#[cfg(test)]
pub(crate) mod described;
mod finding;
mod instance;
mod shards;
mod store;
mod target;

use std::collections::BTreeMap;

use pmsts_testcases::Verdict;
use serde::{Deserialize, Serialize};

pub use build::{BuildRecord, PhaseRecord, SourceFiles, StepRecord};
pub use call::{CallRecord, Purpose};
pub use finding::{FindingRecord, began};
pub use instance::{Instance, LedgerNote};
pub use shards::Shards;
pub use store::StoreUse;
pub use target::{TargetRecord, Timing};

/// The version of the schema that this crate writes. It reads this version and older ones. It ignores
/// fields that it does not know, so that a new field needs no new version.
pub const SCHEMA: u32 = 2;

/// Everything that one run of `pmsts run` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Results {
    /// The version of this schema.
    pub schema: u32,
    /// The version of the suite whose expectations gave the verdicts.
    pub suite: SuiteInfo,
    /// The machine that the run used.
    pub host: HostInfo,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// Wall time of the run, in milliseconds.
    pub duration_ms: u64,
    /// Whether the run was interrupted: the verdicts in this record are valid, others are missing.
    pub interrupted: bool,
    /// Why the run ended before all was done, where the user asked for that (`--fail-fast`, `--max-time`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The command-line arguments of the run, for running the same cases again.
    pub arguments: Vec<String>,
    /// The seed of random choices.
    pub seed: u64,
    /// How verdicts differed between repetitions, where `--repeat` was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// What stores of others were used for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<StoreUse>,
    /// One entry for each target. Schema 1 called them runs.
    #[serde(alias = "runs")]
    pub targets: Vec<TargetRecord>,
    /// The files of the builds, by checksum; shared by all targets.
    pub sources: BTreeMap<String, SourceFiles>,
}

impl Results {
    /// The missing shards, as a sentence for each target that lacks some.
    pub fn missing(&self) -> Vec<String> {
        let of = |target: &TargetRecord| Some(format!("{}: {}", target.name, target.missing()?));
        self.targets.iter().filter_map(of).collect()
    }
}

/// How verdicts differed between repetitions of the same run. The record holds the first repetition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Repeats {
    /// The number of repetitions.
    pub times: u32,
    /// Instances whose verdict was not the same in every repetition.
    pub differing: Vec<Differing>,
}

/// An instance whose verdict was not the same in every repetition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Differing {
    /// The target's name.
    #[serde(alias = "domain")]
    pub target: String,
    /// Id of the instance.
    pub id: String,
    /// The verdict of each repetition, in order.
    #[cfg_attr(test, schemars(with = "Vec<described::Verdict>"))]
    pub verdicts: Vec<Verdict>,
}

/// The version of the suite that a record was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SuiteInfo {
    /// The version of pmsts.
    pub version: String,
    /// The commit of pmsts, where known.
    pub revision: Option<String>,
    /// The commit of the PMS that the catalogue of requirements describes.
    pub pms_revision: String,
}

/// The machine that a record was made on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HostInfo {
    /// Kernel release.
    pub kernel: String,
    /// Name of the distribution.
    pub system: String,
    /// Machine architecture.
    pub arch: String,
    /// Number of processor cores.
    pub cores: u32,
}

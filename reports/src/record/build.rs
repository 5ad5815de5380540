//! The record of one build: its files, and the steps and phases that ran for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What ran for one build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BuildRecord {
    /// Name: `ebuild-env@8`.
    pub name: String,
    /// Number of the testbed that it ran in, from 0.
    pub lane: u32,
    /// Number of the batch that it ran in.
    pub batch: u32,
    /// Number of builds in the batch.
    pub batch_size: u32,
    /// Number of attempts (more than one where its batch broke).
    pub attempts: u32,
    /// Its steps.
    pub steps: Vec<StepRecord>,
    /// The relevant end of the package manager's output; empty where all instances passed.
    pub log: String,
}

/// One step of a build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepRecord {
    /// Name of the step: `install`.
    pub name: String,
    /// The command, as executed in the testbed for the whole batch.
    pub command: Vec<String>,
    /// How the command ended, in words: `exit status 0`, `signal 9`, `time limit of 60 s`.
    pub ended: String,
    /// Number of processes that the command left behind, and that pmsts ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_over: u32,
    /// When the command began, in milliseconds since the run began.
    pub started_ms: u64,
    /// Duration of the command, in milliseconds.
    pub duration_ms: u64,
    /// The phases that were observed, in order.
    pub phases: Vec<PhaseRecord>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// One phase that was observed to begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseRecord {
    /// Handle of the ebuild: `main`.
    pub ebuild: String,
    /// `src_install`.
    pub phase: String,
    /// When it began, in milliseconds since the step began.
    pub begin_ms: u64,
    /// When it ended, in milliseconds since the step began; absent where its end was not observed.
    pub end_ms: Option<u64>,
}

/// The files that a build consists of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourceFiles {
    /// Content of each file, by path in the testbed.
    pub files: BTreeMap<String, String>,
}

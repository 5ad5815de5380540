//! The record of runs, as written to `results.json`. Versioned, complete, mergeable.

use std::collections::BTreeMap;

use pmsts_testcases::{Compared, Verdict};
use serde::{Deserialize, Serialize};

use crate::shards::Shards;

/// The version of the schema that this crate writes. It reads this one and older ones; fields that it
/// does not know are passed over, so that an added field needs no new version.
pub const SCHEMA: u32 = 2;

/// Everything that one call of `pmsts run` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The suite that judged.
    pub suite: SuiteInfo,
    /// The machine it ran on.
    pub host: HostInfo,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// Wall time, in milliseconds.
    pub duration_ms: u64,
    /// Whether the run was interrupted: what is here is true, but not all.
    pub interrupted: bool,
    /// The choice of cases: the arguments given, for running the same again.
    pub arguments: Vec<String>,
    /// The seed of random choices.
    pub seed: u64,
    /// What came of running the same several times, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// One entry for each target. Schema 1 called them runs.
    #[serde(alias = "runs")]
    pub targets: Vec<TargetRecord>,
    /// What the builds were made of, by checksum: shared by all runs.
    pub sources: BTreeMap<String, SourceFiles>,
}

/// What came of running the same several times. The record holds the first time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Repeats {
    /// How often it was run.
    pub times: u32,
    /// Instances whose verdict was not always the same.
    pub differing: Vec<Differing>,
}

/// An instance whose verdict was not always the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Differing {
    /// The target's name.
    #[serde(alias = "domain")]
    pub target: String,
    /// Id of the instance.
    pub id: String,
    /// Its verdict, each time.
    #[cfg_attr(test, schemars(with = "Vec<crate::schema::Verdict>"))]
    pub verdicts: Vec<Verdict>,
}

/// The suite that made a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SuiteInfo {
    /// The version of pmsts.
    pub version: String,
    /// The commit of pmsts, where known.
    pub revision: Option<String>,
    /// The commit of the PMS that the catalogue describes.
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
    /// Cores.
    pub cores: u32,
}

/// The verdicts of one target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TargetRecord {
    /// The target's name, unique in the record: `portage@3.0.83`. Schema 1 called it domain.
    #[serde(alias = "domain")]
    pub name: String,
    /// Package manager: `portage`.
    pub pm: String,
    /// Its version: `3.0.83`.
    pub version: String,
    /// How it was asked for with `--pm`.
    pub spec: String,
    /// Version of the Bash that phases ran with.
    pub bash: String,
    /// Version of the interpreter of the package manager, where it has one.
    pub interpreter: Option<String>,
    /// Backend of the testbed: `overlay`.
    pub testbed: String,
    /// What a reader must know of the configuration (a hidden file, a feature off), a sentence each.
    pub notes: Vec<String>,
    /// Why the target could not run at all; then no instance is here.
    pub broken: Option<String>,
    /// Checksum of what verdicts depend on beside the rendered builds; none where that cannot be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Which shards these are, where it is not the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// Where the time went.
    pub timing: Timing,
    /// Messages refused by the socket, by reason.
    pub refused_messages: BTreeMap<String, u64>,
    /// The verdicts.
    pub instances: Vec<Instance>,
    /// What was done for them; several instances can share one.
    pub builds: Vec<BuildRecord>,
}

impl TargetRecord {
    /// The record of a target that has no verdict yet.
    pub fn new(name: String, pm: String, version: String, spec: String) -> Self {
        Self {
            name,
            pm,
            version,
            spec,
            ..Self::default()
        }
    }
}

/// Where a run's time went, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Timing {
    /// From the first testbed's opening to the last verdict.
    pub wall_ms: u64,
    /// Wall time of the package manager's own commands, summed over testbeds.
    pub pm_ms: u64,
    /// Time in which testbeds were occupied (opening to closing), summed.
    pub testbeds_ms: u64,
    /// Testbeds side by side.
    pub jobs: u32,
    /// Calls of the package manager.
    pub commands: u64,
    /// What pmsts added: `(testbeds_ms - pm_ms) / pm_ms`.
    pub overhead_ratio: f64,
}

/// One instance and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Instance {
    /// Unique in a run and stable: `dosym-r-relative-target@8`, with a row `ver-cut@8[1.2.3-1]`.
    pub id: String,
    /// Id of the case.
    pub case: String,
    /// Title of the case.
    pub title: String,
    /// EAPI.
    pub eapi: String,
    /// Name of the vector's row.
    pub row: Option<String>,
    /// PMS label: `feat:dosym-relative`.
    pub section: String,
    /// Chapter of the PMS: `pkg-mgr-commands`.
    pub chapter: String,
    /// Ids of the requirements verified.
    pub requirements: Vec<String>,
    /// The verdict.
    #[cfg_attr(test, schemars(with = "crate::schema::Verdict"))]
    pub verdict: Verdict,
    /// Why, where the comparisons do not say it.
    pub reason: Option<String>,
    /// Both readings, where the text can be read in two ways.
    pub disputed: Option<String>,
    /// Expected beside actual.
    #[cfg_attr(test, schemars(with = "Vec<crate::schema::Compared>"))]
    #[serde(alias = "findings")]
    pub compared: Vec<Compared>,
    /// Index into [`Run::builds`]; none where nothing was done.
    pub build: Option<usize>,
    /// Checksum of what was rendered: the key into [`Results::sources`].
    pub checksum: String,
    /// Whether failing means only that the package manager accepts what the PMS forbids ebuilds,
    /// eclasses, profiles or repositories: it is lenient, and departs from nothing that binds it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lenient: bool,
    /// What the ledger says of it, where one was given and speaks of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerNote>,
    /// Whether it failed, tried alone, and passed when tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
    /// When the verdict was found, RFC 3339, where it is one of an earlier run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused: Option<String>,
}

/// What a ledger of known departures says of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum LedgerNote {
    /// It fails as the ledger says; it does not fail the run.
    Known {
        /// `violation`, `disputed` or `leniency`.
        kind: String,
        /// The reason.
        reason: String,
    },
    /// It fails otherwise than the ledger says: in this way.
    Changed {
        /// What is different.
        how: String,
    },
    /// The ledger says that it fails, and it does not any more.
    Stale,
}

impl Instance {
    /// Whether it makes the run fail: by a departure that is not known, or by a ledger that is stale.
    pub fn fails_the_run(&self) -> bool {
        match &self.ledger {
            Some(LedgerNote::Known { .. }) => false,
            Some(LedgerNote::Stale) => true,
            Some(LedgerNote::Changed { .. }) | None => self.verdict.is_failure(),
        }
    }

    /// Whether it fails, and is known to.
    pub fn is_known(&self) -> bool {
        matches!(self.ledger, Some(LedgerNote::Known { .. }))
    }
}

/// What was done for one build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BuildRecord {
    /// Name: `ebuild-env@8`.
    pub name: String,
    /// Which testbed of the run, from 0: a row of the timeline.
    pub lane: u32,
    /// The batch it ran in, and how many builds shared it.
    pub batch: u32,
    /// How many builds shared the batch.
    pub batch_size: u32,
    /// How often it was tried (more than once when its batch broke).
    pub attempts: u32,
    /// Its steps.
    pub steps: Vec<StepRecord>,
    /// The relevant end of the package manager's output; empty where all passed.
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
    /// How it ended, in words: `exit status 0`, `signal 9`, `time limit of 60 s`.
    pub ended: String,
    /// Processes that the command left behind, and that were ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_over: u32,
    /// Since the run's begin, in milliseconds.
    pub started_ms: u64,
    /// Duration of the command, in milliseconds.
    pub duration_ms: u64,
    /// The phases that were seen, in order.
    pub phases: Vec<PhaseRecord>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// One phase that was seen to begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseRecord {
    /// Handle of the ebuild: `main`.
    pub ebuild: String,
    /// `src_install`.
    pub phase: String,
    /// Since the step's begin, in milliseconds.
    pub begin_ms: u64,
    /// End; none where the phase was not seen to end.
    pub end_ms: Option<u64>,
}

/// The files that a build was made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourceFiles {
    /// Path in the testbed, and text.
    pub files: BTreeMap<String, String>,
}

//! The record of one target: its configuration, its verdicts and its builds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::build::BuildRecord;
use super::call::CallRecord;
use super::finding::FindingRecord;
use super::instance::Instance;
use super::shards::Shards;

/// The record of one target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TargetRecord {
    /// The target's name, unique in the record: `portage@3.0.83`. Schema 1 called this field domain.
    #[serde(alias = "domain")]
    pub name: String,
    /// Package manager: `portage`.
    pub pm: String,
    /// Its version: `3.0.83`.
    pub version: String,
    /// The argument of `--pm` that selected it.
    pub spec: String,
    /// Version of the Bash that ran the phases.
    pub bash: String,
    /// Version of the package manager's interpreter, where it has one.
    pub interpreter: Option<String>,
    /// The packages that the package manager depends on, with the versions that were installed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dependencies: BTreeMap<String, String>,
    /// Backend of the testbed: `overlay`.
    pub testbed: String,
    /// Options of the run that a repetition needs, such as `--cases-dir DIR`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Facts about the configuration that affect the verdicts (a hidden file, a disabled feature), a sentence each.
    pub notes: Vec<String>,
    /// Why the target could not run at all; if set, the target has no instances.
    pub broken: Option<String>,
    /// Checksum of everything that verdicts depend on except the rendered builds; absent where it cannot be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Which shards of the run this record holds; absent where it holds all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// Time and commands that the target took.
    pub timing: Timing,
    /// Number of messages that the socket refused, by reason.
    pub refused_messages: BTreeMap<String, u64>,
    /// The calls of the package manager, in the order in which they ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallRecord>,
    /// Known findings that failures of this target are instances of, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: BTreeMap<String, FindingRecord>,
    /// The instances with their verdicts.
    pub instances: Vec<Instance>,
    /// The builds that the instances were observed in; several instances can share one.
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

    /// The missing shards, in words; `None` where the record holds all of them.
    pub fn missing(&self) -> Option<String> {
        self.shards.as_ref().and_then(Shards::missing)
    }

    /// Whether the target was provisioned, and could not install a plain package.
    pub fn does_not_start(&self) -> bool {
        // What could not be provisioned has no Bash.
        self.broken.is_some() && !self.bash.is_empty()
    }

    /// Adds the shards of another record of this target. Once all are present, the record is that of a
    /// whole run, with its instances in the order of that run.
    pub(crate) fn unite(&mut self, theirs: Option<Shards>) {
        if let (Some(ours), Some(theirs)) = (&mut self.shards, theirs) {
            ours.parts.extend(theirs.parts);
            ours.places.extend(theirs.places);
        }
        let Some(shards) = self.shards.take_if(|all| all.missing().is_none()) else {
            return;
        };
        self.instances
            .sort_by_key(|instance| shards.places.get(&instance.case).copied());
    }
}

/// Time and commands that a target took; times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Timing {
    /// From the opening of the first testbed to the last verdict.
    pub wall_ms: u64,
    /// Wall time of the package manager's own commands, summed over testbeds.
    pub pm_ms: u64,
    /// Time from opening to closing of each testbed, summed over testbeds.
    pub testbeds_ms: u64,
    /// Number of testbeds that ran in parallel.
    pub jobs: u32,
    /// Number of commands of the package manager.
    pub commands: u64,
    /// Processor time of the package manager's commands and all that they started.
    #[serde(default)]
    pub cpu_ms: u64,
    /// Relative overhead of pmsts: `(testbeds_ms - pm_ms) / pm_ms`.
    pub overhead_ratio: f64,
}

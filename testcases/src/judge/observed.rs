//! The observations of one build, the only input of the judge.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::{FileKind, Value};

/// The observations of a build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The steps by name, in order. Steps that were not reached are missing.
    pub steps: IndexMap<String, StepObserved>,
}

impl Observed {
    /// Whether a phase of the build was observed.
    pub fn is_touched(&self) -> bool {
        self.steps.values().any(|step| !step.facts.is_empty())
    }
}

/// The observations of one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepObserved {
    /// The end of the step.
    pub end: StepEnd,
    /// How the package manager crashed: the last line of a traceback, or a signal. A crash is no refusal.
    pub crash: Option<String>,
    /// The messages of phases, in order of arrival.
    pub facts: Vec<Fact>,
    /// The output of the package manager without escape sequences, if a case expects something of it.
    pub output: Option<Value>,
    /// The paths requested from the testbed's server, in order.
    pub requests: Vec<String>,
    /// The states of the paths that a case names.
    pub files: BTreeMap<String, FileSeen>,
    /// Entries of the ebuilds in the vdb, by handle; no entry where it is not installed.
    pub vdb: BTreeMap<String, BTreeMap<String, Value>>,
    /// The identity of each vdb entry (a merge makes a new one).
    pub stamps: BTreeMap<String, (u64, i64, u32)>,
    /// Entries of the ebuilds in the metadata cache, by handle.
    pub metadata: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The end of a step, for one build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepEnd {
    /// The package manager reported success.
    Succeeded,
    /// The package manager reported a failure, in this way.
    Failed(String),
    /// The time limit was reached.
    TimedOut(String),
    /// This other limit of the testbed was reached.
    Limit(String),
    /// The harness broke or was interrupted, for this reason.
    Broken(String),
    /// The step was not begun.
    #[default]
    NotReached,
}

/// One message of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Handle of the ebuild.
    pub ebuild: String,
    /// `src_install`, or `global`.
    pub phase: String,
    /// The content.
    pub said: Said,
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// The phase began.
    Begin,
    /// The phase reached its end.
    End,
    /// A value under a key.
    Value(String, Value),
}

/// A path in the merged tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSeen {
    /// Its type.
    pub kind: FileKind,
    /// Permission bits with set-id bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Seconds since the epoch, and nanoseconds.
    pub mtime: (i64, u32),
    /// Target of a symbolic link.
    pub target: Option<Value>,
    /// Content of a regular file.
    pub content: Option<Value>,
    /// Device and inode.
    pub inode: (u64, u64),
}

impl FileSeen {
    /// The state of a path at which there is nothing.
    pub fn absent() -> Self {
        Self {
            kind: FileKind::Absent,
            mode: 0,
            uid: 0,
            gid: 0,
            mtime: (0, 0),
            target: None,
            content: None,
            inode: (0, 0),
        }
    }
}

impl StepObserved {
    /// Every value that the ebuild's phase sent under the key, in order.
    pub fn values<'a>(
        &'a self,
        ebuild: &'a str,
        phase: &'a str,
        key: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        self.facts.iter().filter_map(move |fact| match &fact.said {
            Said::Value(k, value) if k == key && fact.ebuild == ebuild && fact.phase == phase => {
                Some(value)
            }
            _ => None,
        })
    }

    /// The phases of an ebuild that began, in order.
    pub fn phases<'a>(&'a self, ebuild: &'a str) -> impl Iterator<Item = &'a str> {
        self.facts
            .iter()
            .filter(move |f| f.said == Said::Begin && f.ebuild == ebuild)
            .map(|f| f.phase.as_str())
    }

    /// The phases of all ebuilds that began, in order, as `EBUILD:PHASE`.
    pub fn calls(&self) -> impl Iterator<Item = String> {
        self.facts
            .iter()
            .filter(|f| f.said == Said::Begin)
            .map(|f| format!("{}:{}", f.ebuild, f.phase))
    }

    /// Whether the phase of the ebuild began, and whether it came to its end.
    pub fn began_and_ended(&self, ebuild: &str, phase: &str) -> (bool, bool) {
        let said = |what: &Said| {
            self.facts
                .iter()
                .any(|f| f.said == *what && f.ebuild == ebuild && f.phase == phase)
        };
        (said(&Said::Begin), said(&Said::End))
    }
}

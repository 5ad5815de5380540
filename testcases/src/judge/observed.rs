//! What was seen of one build: the judge's only source.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::model::{FileKind, Value};

/// What was seen of a build, step by step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// By name of the step, in order. A step that was not reached is not here.
    pub steps: IndexMap<String, StepObserved>,
}

/// What was seen of one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepObserved {
    /// How it ended.
    pub end: StepEnd,
    /// What phases sent, in order of arrival.
    pub facts: Vec<Fact>,
    /// What the package manager printed, without escape sequences, where a case asks for it.
    pub output: Option<Value>,
    /// Paths that the testbed's server was asked for, in order.
    pub requests: Vec<String>,
    /// Paths that a case asks for.
    pub files: BTreeMap<String, FileSeen>,
    /// Entries of the ebuilds in the vdb, by handle; no entry where it is not installed.
    pub vdb: BTreeMap<String, BTreeMap<String, Value>>,
    /// Which entry of the vdb it is: a merge makes a new one.
    pub stamps: BTreeMap<String, (u64, i64, u32)>,
    /// Entries of the ebuilds in the metadata cache, by handle.
    pub metadata: BTreeMap<String, BTreeMap<String, Value>>,
}

/// How a step ended, for one build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StepEnd {
    /// The request was fulfilled, as the package manager says.
    Succeeded,
    /// It was not; how the package manager said so.
    Failed(String),
    /// The time limit was reached.
    TimedOut(String),
    /// Another limit of the testbed was reached: which one.
    Limit(String),
    /// The harness broke, or was interrupted: nothing can be said.
    Broken(String),
    /// It was never begun.
    #[default]
    NotReached,
}

/// One message of a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Handle of the ebuild.
    pub ebuild: String,
    /// `src_install`, or `global`.
    pub phase: String,
    /// What it says.
    pub said: Said,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The phase began.
    Begin,
    /// The phase came to its end.
    End,
    /// A value under a key.
    Value(String, Value),
}

/// A path in the merged tree.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Nothing there.
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

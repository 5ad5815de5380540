//! The events of a run that sinks show or keep: progress, `--events`, kept observations.

use std::time::Duration;

use pmsts_reports::record::{BuildRecord, Instance};
use pmsts_testcases::Observed;

/// Something that happened in a run.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// The run begins: names of the targets, and how many instances each has.
    Begun(&'a [(String, usize)]),
    /// An instance has its verdict.
    Verdict {
        /// Position of the target.
        target: usize,
        /// The instance, judged.
        instance: &'a Instance,
    },
    /// A build is through; its instances follow, or it is tried again apart.
    Build {
        /// Position of the target.
        target: usize,
        /// What was done.
        build: &'a BuildRecord,
        /// What was seen.
        observed: &'a Observed,
    },
    /// Time has passed: what runs, in which lane, since when.
    Progress(&'a [(String, Duration)]),
    /// The user asks what runs.
    Status(&'a [(String, Duration)]),
    /// The user asked to stop: how often.
    Interrupted(u32),
    /// The run is over.
    Ended,
}

/// Shows or keeps what happens. Writing must not stop a run: what cannot be shown is lost.
pub trait Sink {
    /// Takes an event in.
    fn event(&mut self, event: &RunEvent<'_>);
}

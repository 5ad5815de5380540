//! The events of a run, and the sinks that show or keep them: progress, `--events`, kept verdicts and observations.

use std::time::Duration;

use pmsts_reports::record::{BuildRecord, Instance};
use pmsts_testcases::Observed;

use crate::trace::Place;

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
    /// A build has ended; the verdicts on its instances follow, or it is tried again alone.
    Build {
        /// Position of the target.
        target: usize,
        /// Position of the build.
        index: usize,
        /// The record of the build.
        build: &'a BuildRecord,
        /// What was observed.
        observed: &'a Observed,
    },
    /// A build in a testbed that is watched has used these functions so far.
    Used {
        /// Position of the target.
        target: usize,
        /// Name of the build.
        build: &'a str,
        /// The functions of the package manager.
        places: &'a [Place],
    },
    /// Time has passed: what is running, and for how long.
    Progress(&'a [(String, Duration)]),
    /// The user asks what is running: the same list.
    Status(&'a [(String, Duration)]),
    /// The user asked to stop, for the nth time.
    Interrupted(u32),
    /// The run is over.
    Ended,
}

/// Shows or keeps events. Writing must not stop a run: output that cannot be written is lost.
pub trait Sink {
    /// Receives an event.
    fn event(&mut self, event: &RunEvent<'_>);
}

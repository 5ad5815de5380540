//! Limits of the time, output and observations of a run.

use std::time::Duration;

/// What ends a run before all is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct StopEarly {
    /// So many failures.
    pub failures: Option<u32>,
    /// So much time since its start.
    pub time: Option<Duration>,
}

/// Limits of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one command; `build` is added for each of its builds.
    pub step: Duration,
    /// Time added for each build.
    pub build: Duration,
    /// Time between asking a command to stop and killing it.
    pub grace: Duration,
    /// Most output of one command, in bytes.
    pub output_bytes: u64,
    /// Most observations of one build.
    pub facts: usize,
    /// Most bytes observed of one build.
    pub fact_bytes: usize,
}

//! Limits of time and talk, which end what does not end by itself.

use std::time::Duration;

/// Limits of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one command, before anything is added for its builds.
    pub step: Duration,
    /// Time added for each build.
    pub build: Duration,
    /// Time between asking a command to stop and ending it.
    pub grace: Duration,
    /// Most output of one command, in bytes.
    pub output_bytes: u64,
    /// Most observations of one build.
    pub facts: usize,
    /// Most bytes observed of one build.
    pub fact_bytes: usize,
}

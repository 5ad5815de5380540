//! The command of a step, and its times.

use std::time::Duration;

/// The command of a step, and its times.
#[derive(Debug, Clone, Default)]
pub(crate) struct StepTime {
    /// Name of the step.
    pub name: String,
    /// The command.
    pub command: Vec<String>,
    /// When it began, since the start of the run.
    pub started: Duration,
    /// How long it took.
    pub duration: Duration,
    /// How it ended, in words.
    pub ended: String,
    /// Number of processes that it left behind.
    pub left_over: u32,
}

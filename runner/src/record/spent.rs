//! Adds up the time that a run spends on a target.

use std::time::Duration;

use pmsts_reports::record::Timing;

/// Time spent on a target.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pm: Duration,
    testbeds: Duration,
    commands: u64,
    cpu_ms: u64,
    /// When the first testbed was opened; `last` is when the last one was closed.
    first: Option<Duration>,
    last: Duration,
}

impl Spent {
    /// Adds the time of a command of the package manager.
    pub(super) fn command(&mut self, duration: Duration, cpu_ms: u64) {
        self.pm += duration;
        self.cpu_ms += cpu_ms;
        self.commands += 1;
    }

    /// Adds the time in which a testbed was in use.
    pub(super) fn testbed(&mut self, from: Duration, to: Duration) {
        self.testbeds += to.saturating_sub(from);
        self.first = Some(self.first.unwrap_or(from).min(from));
        self.last = self.last.max(to);
    }

    /// The sums, as recorded.
    pub(super) fn timing(&self, jobs: usize) -> Timing {
        let added = self.testbeds.saturating_sub(self.pm).as_secs_f64();
        let ratio = added / self.pm.as_secs_f64().max(0.001);
        Timing {
            wall_ms: ms(self.last.saturating_sub(self.first.unwrap_or_default())),
            pm_ms: ms(self.pm),
            testbeds_ms: ms(self.testbeds),
            jobs: u32::try_from(jobs).unwrap_or(u32::MAX),
            commands: self.commands,
            cpu_ms: self.cpu_ms,
            overhead_ratio: (ratio * 10_000.0).round() / 10_000.0,
        }
    }
}

/// Whole milliseconds.
pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

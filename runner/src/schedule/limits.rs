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
    /// Time for one command; `build` is added for each ebuild of its builds.
    pub step: Duration,
    /// Time added for each ebuild, which may be a dependency.
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

/// The most by which a busy machine lengthens a limit.
const MOST: f64 = 4.0;

impl Limits {
    /// Time for a command whose builds have so many ebuilds.
    pub(super) fn command(&self, ebuilds: usize) -> Duration {
        let ebuilds = u32::try_from(ebuilds).unwrap_or(u32::MAX);
        self.step.saturating_add(self.build.saturating_mul(ebuilds))
    }

    /// The limits on a machine where so many other processes want each core. What a user gives for one command stays;
    /// the time of each ebuild grows.
    #[must_use]
    pub(crate) fn under_load(self, per_core: f64) -> Self {
        Self {
            build: self.build.mul_f64((1.0 + per_core.max(0.0)).min(MOST)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_grows_with_the_ebuilds_and_with_the_load() {
        let limits = Limits {
            step: Duration::from_secs(60),
            build: Duration::from_secs(15),
            grace: Duration::ZERO,
            output_bytes: 0,
            facts: 0,
            fact_bytes: 0,
        };
        for (load, ebuilds, seconds) in [
            (0.0, 1, 75),
            (0.0, 6, 150),
            (1.0, 6, 240),
            (100.0, 1, 120),
            (-1.0, 1, 75),
        ] {
            let limit = limits.under_load(load).command(ebuilds);
            assert_eq!(limit, Duration::from_secs(seconds), "{load} {ebuilds}");
        }
    }
}

//! The timeline of a target: when each command ran, and in which testbed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::time::duration;
use crate::describe::alike::is_problem;
use crate::describe::text::line;
use crate::record::{BuildRecord, StepRecord, TargetRecord};

/// When the commands of a target ran.
#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    /// Number of testbeds.
    lanes: u32,
    end_ms: u64,
    bars: Vec<Bar>,
}

/// A command: its testbed, begin, duration and words, and whether an instance in it is a problem.
#[derive(Debug, Serialize)]
struct Bar(u32, u64, u64, String, bool);

/// The timeline of a target.
pub(super) fn timeline(target: &TargetRecord) -> Timeline {
    let problems: BTreeSet<usize> = target
        .instances
        .iter()
        .filter(|i| is_problem(i))
        .filter_map(|i| i.build)
        .collect();
    // The builds of a batch share their commands.
    let mut bars: BTreeMap<(u32, u64, &str), Bar> = BTreeMap::new();
    // Builds of reused verdicts ran in testbeds of an earlier run.
    let reused = target.instances.iter().filter(|i| i.reused.is_some());
    let reused: BTreeSet<usize> = reused.filter_map(|i| i.build).collect();
    let builds = target.builds.iter().enumerate();
    for (at, build) in builds.filter(|(at, _)| !reused.contains(at)) {
        for step in &build.steps {
            let key = (build.lane, step.started_ms, step.name.as_str());
            let bar = bars.entry(key).or_insert_with(|| bar(build, step));
            bar.4 |= problems.contains(&at);
        }
    }
    let bars: Vec<Bar> = bars.into_values().collect();
    Timeline {
        lanes: bars.iter().map(|bar| bar.0 + 1).max().unwrap_or_default(),
        end_ms: bars
            .iter()
            .map(|bar| bar.1 + bar.2)
            .max()
            .unwrap_or_default(),
        bars,
    }
}

fn bar(build: &BuildRecord, step: &StepRecord) -> Bar {
    let others = match build.batch_size {
        0 | 1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let words = format!(
        "{} of {}{others}: {}, {}",
        step.name,
        build.name,
        step.ended,
        duration(step.duration_ms)
    );
    Bar(
        build.lane,
        step.started_ms,
        step.duration_ms,
        line(&words),
        false,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_batch_is_one_bar() {
        let mut results = sample::results();
        let target = &mut results.targets[0];
        target.builds.push(target.builds[0].clone());
        target.instances[1].build = Some(1);
        let timeline = timeline(target);
        assert_eq!(timeline.bars.len(), 1);
        assert!(timeline.bars[0].4, "a failed instance stands on it");
    }
}

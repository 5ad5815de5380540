//! Joins two records of one target, such as two shards.

use crate::record::{BuildRecord, CallRecord, TargetRecord, Timing};

/// Why two records of a target cannot be joined.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// The target is configured differently; how, in words.
    Target(String),
    /// The cases were divided into different numbers of shards.
    Shards,
}

/// Adds one record of a target to another.
pub(super) fn join(ours: &mut TargetRecord, theirs: TargetRecord) -> Result<(), Mismatch> {
    if let Some((what, a, b)) = difference(ours, &theirs) {
        return Err(Mismatch::Target(format!("{what} is {a} and {b}")));
    }
    let shards = |target: &TargetRecord| target.shards.as_ref().map(|shards| shards.of);
    if shards(ours) != shards(&theirs) {
        return Err(Mismatch::Shards);
    }
    let builds = ours.builds.len();
    add_builds(ours, theirs.builds, theirs.calls);
    ours.instances
        .extend(theirs.instances.into_iter().map(|mut instance| {
            instance.build = instance.build.map(|index| index + builds);
            instance
        }));
    for note in theirs.notes {
        if !ours.notes.contains(&note) {
            ours.notes.push(note);
        }
    }
    for (reason, count) in theirs.refused_messages {
        *ours.refused_messages.entry(reason).or_default() += count;
    }
    ours.findings.extend(theirs.findings);
    ours.broken = ours.broken.take().or(theirs.broken);
    ours.timing = parallel(&ours.timing, &theirs.timing);
    ours.unite(theirs.shards);
    Ok(())
}

/// The first difference between the configurations, with both values.
fn difference<'a>(
    ours: &'a TargetRecord,
    theirs: &'a TargetRecord,
) -> Option<(&'static str, &'a str, &'a str)> {
    let interpreter = |target: &'a TargetRecord| target.interpreter.as_deref().unwrap_or("none");
    [
        ("pm", ours.pm.as_str(), theirs.pm.as_str()),
        ("version", &ours.version, &theirs.version),
        ("bash", &ours.bash, &theirs.bash),
        ("interpreter", interpreter(ours), interpreter(theirs)),
        ("testbed", &ours.testbed, &theirs.testbed),
    ]
    .into_iter()
    .find(|(_, a, b)| a != b)
}

/// Appends builds and calls, and renumbers their testbeds and batches so that they differ from ours.
fn add_builds(ours: &mut TargetRecord, builds: Vec<BuildRecord>, calls: Vec<CallRecord>) {
    let after = |last: Option<u32>| last.map_or(0, |n| n.saturating_add(1));
    let lanes = after(ours.builds.iter().map(|build| build.lane).max());
    let numbers = ours.builds.iter().map(|build| build.batch);
    let batches = after(
        numbers
            .chain(ours.calls.iter().map(|call| call.batch))
            .max(),
    );
    ours.builds.extend(builds.into_iter().map(|mut build| {
        build.lane = build.lane.saturating_add(lanes);
        build.batch = build.batch.saturating_add(batches);
        build
    }));
    ours.calls.extend(calls.into_iter().map(|mut call| {
        call.batch = call.batch.saturating_add(batches);
        call
    }));
}

/// The timing of two runs that ran in parallel.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a run are far below 2^52"
)]
fn parallel(a: &Timing, b: &Timing) -> Timing {
    let pm_ms = a.pm_ms + b.pm_ms;
    let testbeds_ms = a.testbeds_ms + b.testbeds_ms;
    Timing {
        wall_ms: a.wall_ms.max(b.wall_ms),
        pm_ms,
        testbeds_ms,
        jobs: a.jobs.saturating_add(b.jobs),
        commands: a.commands + b.commands,
        cpu_ms: a.cpu_ms + b.cpu_ms,
        overhead_ratio: testbeds_ms.saturating_sub(pm_ms) as f64 / pm_ms.max(1) as f64,
    }
}

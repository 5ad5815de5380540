//! Splits a target's builds into those whose verdict is already known (unsupported, skipped, from an earlier run),
//! which are recorded at once, and those to run, which are put into batches.

use std::collections::BTreeMap;

use pmsts_testcases::model::{Build, Operation};
use pmsts_testcases::{Check, Instance, Judgement, Verdict};

use super::config::RunConfig;
use crate::adapter::places_of;
use crate::affected::Order;
use crate::ledger::Ledger;
use crate::record::Recorder;
use crate::schedule::batch::{Batch, Candidate, plan};
use crate::schedule::work::Work;
use crate::target::Target;
use crate::verdicts::Prior;

/// Records the known verdicts, and returns the batches of the builds to run, those of all targets side by side.
pub(super) fn settle(
    work: &Work,
    prior: &[Prior],
    recorder: &mut Recorder<'_>,
    config: &RunConfig,
) -> Vec<Batch> {
    let mut of_targets = Vec::new();
    for (position, target) in work.targets.iter().enumerate() {
        let bash = |eapi| target.bash_for(eapi).path.clone();
        let ledger = Ledger::shipped_for(&target.provisioned.pm);
        let mut open = Vec::new();
        for index in 0..work.expanded.builds.len() {
            let mut candidate = Candidate::new(work, index, bash);
            let instances = work.instances(index);
            if let Some(judgement) = undone(target, &candidate, &instances) {
                for instance in instances {
                    recorder.enter_undone(position, instance, judgement.clone());
                }
            } else if let Some((build, known)) =
                prior[position].find(&instances, &work.checksums[index])
            {
                recorder.enter_known(position, build, known);
            } else if let Some(kept) = prior[position].observed(index) {
                let judged = work.judge(index, &kept.body.observed);
                let build = (kept.body.build.clone(), kept.found.as_str());
                recorder.enter_kept(position, index, build, judged);
            } else {
                // Tried in a shared call first, it would be tried apart anyway, and others with it.
                candidate.breaks = ledger.as_ref().is_some_and(|ledger| {
                    let known = |instance: &&Instance| {
                        let case = &work.suite.cases[instance.case].id;
                        let row = instance.row.as_deref();
                        ledger.breaks_a_call(case, instance.eapi, row, &target.provisioned.version)
                    };
                    instances.iter().any(known)
                });
                open.push(candidate);
            }
        }
        let most = batch_size(open.len(), config);
        of_targets.push(in_order(
            open,
            config.orders.get(&target.provisioned.spec.to_string()),
            |some| plan(position, &some, &target.adapter, most),
        ));
    }
    side_by_side(of_targets)
}

/// The batches of a target's builds. Where there is an order, those that come first share no call with later ones.
fn in_order(
    open: Vec<Candidate<'_>>,
    order: Option<&Order>,
    plan: impl Fn(Vec<Candidate<'_>>) -> Vec<Batch>,
) -> Vec<Batch> {
    let Some(order) = order else {
        return plan(open);
    };
    let mut places: BTreeMap<u32, Vec<Candidate<'_>>> = BTreeMap::new();
    for candidate in open {
        let place = order.place(&candidate.build.name);
        places.entry(place).or_default().push(candidate);
    }
    places.into_values().flat_map(plan).collect()
}

/// The batches of all targets, so that each target has come equally far at any time.
#[expect(
    clippy::cast_precision_loss,
    reason = "a run has far fewer than 2^52 batches"
)]
fn side_by_side(of_targets: Vec<Vec<Batch>>) -> Vec<Batch> {
    let mut placed: Vec<(f64, Batch)> = Vec::new();
    for batches in of_targets {
        let count = batches.len().max(1) as f64;
        let places = batches.into_iter().enumerate();
        placed.extend(places.map(|(at, batch)| (at as f64 / count, batch)));
    }
    placed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    placed.into_iter().map(|(_, batch)| batch).collect()
}

/// A size that gives every lane several batches, so that lanes end at about the same time.
fn batch_size(builds: usize, config: &RunConfig) -> usize {
    builds
        .div_ceil(config.jobs.max(1) * 3)
        .clamp(1, config.batch.max(1))
}

/// The verdict on a build that cannot run: the package manager does not support it, or the machine lacks a program.
fn undone(
    target: &Target,
    candidate: &Candidate<'_>,
    instances: &[&Instance],
) -> Option<Judgement> {
    if let Some(reason) = unsupported(target, candidate, instances) {
        return Some(Judgement::unobserved(Verdict::Unsupported, reason));
    }
    let needs = &candidate.build.build.needs;
    let missing = needs.iter().find(|program| !is_there(target, program))?;
    let reason = format!("the machine has no program `{missing}`: install it");
    Some(Judgement::unobserved(Verdict::Skipped, reason))
}

/// Whether phases find the program in testbeds.
fn is_there(target: &Target, program: &str) -> bool {
    places_of(program)
        .iter()
        .any(|path| target.ground.path(path).is_file())
}

fn unsupported(
    target: &Target,
    candidate: &Candidate<'_>,
    instances: &[&Instance],
) -> Option<String> {
    let eapi = candidate.build.eapi;
    if !target.claims().contains(eapi) {
        return Some(format!(
            "{} does not claim to support EAPI {eapi}",
            target.name
        ));
    }
    let build = &candidate.build.build;
    if target.ground.prefix && build.config.prefix.is_none() {
        return Some("the testbed is for cases with an offset prefix".to_owned());
    }
    if target.ground.has_one_user() && needs_several_users(build, instances) {
        return Some(
            "the testbed has one user alone, and the case is about owners of files or the user who builds".to_owned(),
        );
    }
    let mut steps = build.steps.iter();
    let lacks = |operation| target.adapter.lacks(operation);
    // Without the cache that the PMS defines, what a case says of reading it holds whatever happens.
    let reads_cache = || reads_cache(build).then(|| lacks(Operation::Metadata))?;
    steps
        .find_map(|step| lacks(step.operation))
        .or_else(reads_cache)
        .or_else(|| target.adapter.lacks_config(&build.config))
}

/// Whether the build or what is expected of it depends on owners and users.
fn needs_several_users(build: &Build, instances: &[&Instance]) -> bool {
    let mut expected = instances.iter().flat_map(|i| &i.expect);
    build.several_users
        || expected.any(|(_, check)| matches!(check, Check::File(file) if file.owner.is_some()))
}

/// Whether the build's repository has entries of a metadata cache.
fn reads_cache(build: &Build) -> bool {
    let caches = ["metadata/md5-cache/", "metadata/cache/"];
    let mut paths = build.repository.keys();
    paths.any(|path| caches.iter().any(|cache| path.starts_with(cache)))
}

//! Runs the instances of a record again: those that failed, all, or those that an interrupted run did not reach.

use std::collections::{BTreeMap, BTreeSet};

use pmsts_reports::record::{Instance, Results, TargetRecord};
use pmsts_testcases::{EapiChoice, Judgement, Selection, Verdict};

use super::config::RunConfig;
use super::error::RunError;
use crate::ledger::clear;
use crate::provision::{Provisioner, Spec};
use crate::record::events::Sink;

/// Which instances of a record to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Those that failed, or met an error of the harness.
    Failed,
    /// All.
    All,
    /// Those that have no verdict yet; the verdicts of the others are kept.
    Open,
}

/// Instances of a record, and the package managers to run them on.
#[derive(Debug, PartialEq)]
struct Portion {
    pms: Vec<Spec>,
    only: BTreeSet<String>,
}

impl Portion {
    fn runs_on(&self, run: &TargetRecord) -> bool {
        self.pms.iter().any(|pm| pm.to_string() == run.spec)
    }
}

/// Runs instances of a record again: on the package managers of the configuration if it names any, else the
/// instances of each target on that target. The filters of the configuration select among them.
pub fn run<'a>(
    config: &RunConfig,
    record: &Results,
    what: What,
    provisioner: &mut Provisioner<'_>,
    mut sinks: impl FnMut() -> Vec<Box<dyn Sink + 'a>>,
) -> Result<Results, RunError> {
    if what == What::Open && !record.interrupted && record.stopped.is_none() {
        return Err(RunError::Whole);
    }
    let mut whole: Option<Results> = None;
    for portion in portions(record, what, &config.pms) {
        match &mut whole {
            Some(whole) if whole.interrupted => {
                let left = record.targets.iter().filter(|run| portion.runs_on(run));
                whole
                    .targets
                    .extend(left.map(|run| unreached(run, &portion.only, what)));
            }
            Some(whole) => {
                let config = narrowed(config, record, what, portion);
                join(whole, super::run(&config, provisioner, &mut sinks)?);
            }
            None => {
                let config = narrowed(config, record, what, portion);
                whole = Some(super::run(&config, provisioner, &mut sinks)?);
            }
        }
    }
    whole.ok_or(RunError::NothingAgain)
}

/// Assigns instances to package managers. Targets with the same instances run together.
fn portions(record: &Results, what: What, pms: &[Spec]) -> Vec<Portion> {
    let mut portions: Vec<Portion> = Vec::new();
    for run in record.targets.iter().filter(|run| run.broken.is_none()) {
        let wanted = run
            .instances
            .iter()
            .filter(|instance| wants(instance, what));
        let only: BTreeSet<String> = wanted.map(|instance| instance.id.clone()).collect();
        let Ok(spec) = run.spec.parse::<Spec>() else {
            continue;
        };
        if only.is_empty() {
            continue;
        }
        if !pms.is_empty() {
            // Package managers that the user names run the instances of all targets.
            match portions.first_mut() {
                Some(portion) => portion.only.extend(only),
                None => portions.push(Portion {
                    pms: pms.to_vec(),
                    only,
                }),
            }
        } else if let Some(portion) = portions.iter_mut().find(|portion| portion.only == only) {
            portion.pms.push(spec);
        } else {
            portions.push(Portion {
                pms: vec![spec],
                only,
            });
        }
    }
    portions
}

fn wants(instance: &Instance, what: What) -> bool {
    match what {
        What::Failed => {
            instance.verdict.is_failure()
                || matches!(instance.verdict, Verdict::Blocked | Verdict::Error)
                || instance.flaky
        }
        What::All | What::Open => true,
    }
}

fn narrowed(config: &RunConfig, record: &Results, what: What, portion: Portion) -> RunConfig {
    let resume = match what {
        What::Open => record
            .targets
            .iter()
            .filter(|run| portion.runs_on(run))
            .map(|run| dated(run, &record.started))
            .collect(),
        What::Failed | What::All => Vec::new(),
    };
    RunConfig {
        pms: portion.pms,
        only: Some(portion.only),
        resume,
        selection: Selection {
            eapis: EapiChoice::All,
            undefined: true,
            draft: true,
            partition: None,
            ..config.selection.clone()
        },
        ..config.clone()
    }
}

/// The target, with the time at which its verdicts were found added to each.
fn dated(run: &TargetRecord, started: &str) -> TargetRecord {
    let mut run = run.clone();
    // What a ledger said is said anew at the end.
    clear(&mut run);
    for instance in &mut run.instances {
        instance.reused.get_or_insert_with(|| started.to_owned());
    }
    run
}

/// The record of a target that was not reached, so that no instance is left out silently.
fn unreached(run: &TargetRecord, only: &BTreeSet<String>, what: What) -> TargetRecord {
    if what == What::Open {
        return run.clone();
    }
    let interrupted = Judgement::interrupted();
    let instances = run
        .instances
        .iter()
        .filter(|instance| only.contains(&instance.id));
    TargetRecord {
        instances: instances
            .map(|instance| Instance {
                verdict: interrupted.verdict,
                reason: interrupted.reason.clone(),
                compared: Vec::new(),
                build: None,
                ledger: None,
                flaky: false,
                reused: None,
                ..instance.clone()
            })
            .collect(),
        builds: Vec::new(),
        refused_messages: BTreeMap::new(),
        ..run.clone()
    }
}

fn join(whole: &mut Results, other: Results) {
    whole.targets.extend(other.targets);
    whole.sources.extend(other.sources);
    whole.stores.extend(other.stores);
    whole.duration_ms += other.duration_ms;
    whole.interrupted |= other.interrupted;
    whole.stopped = whole.stopped.take().or(other.stopped);
    if let (Some(whole), Some(other)) = (&mut whole.repeats, other.repeats) {
        whole.differing.extend(other.differing);
    }
}

/// Ids of instances in the record that did not run, as this suite does not have them.
pub fn lost(record: &Results, what: What, again: &Results) -> BTreeSet<String> {
    let ids = |targets: &[TargetRecord], wanted: &dyn Fn(&Instance) -> bool| -> BTreeSet<String> {
        let instances = targets.iter().flat_map(|run| &run.instances);
        instances
            .filter(|i| wanted(i))
            .map(|i| i.id.clone())
            .collect()
    };
    let had = ids(&record.targets, &|instance| wants(instance, what));
    had.difference(&ids(&again.targets, &|_| true))
        .cloned()
        .collect()
}

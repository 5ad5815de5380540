//! Builds the record of a run, and sends its events to sinks.

pub(crate) mod events;
pub(crate) mod host;
pub(crate) mod known;
pub(crate) mod observations;
pub(crate) mod output_tail;
pub(crate) mod spent;
pub(crate) mod step;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use pmsts_reports::record::{
    BuildRecord, CallRecord, Instance as Record, PhaseRecord, StepRecord, TargetRecord,
};
use pmsts_testcases::{Instance, Judgement, Observed, Verdict};

use crate::schedule::PhaseTime;
use crate::schedule::work::Work;
use events::{RunEvent, Sink};
use known::Known;
use output_tail::OutputTail;
use spent::{Spent, ms};
use step::StepTime;

/// How much output is kept of a build that did not succeed, in bytes.
const LOG_BYTES: usize = 6 * 1024;

/// The record so far, and the sinks that receive events.
pub(crate) struct Recorder<'a> {
    work: &'a Work,
    targets: Vec<TargetRecord>,
    spent: Vec<Spent>,
    sinks: Vec<Box<dyn Sink + 'a>>,
    known: Known,
}

/// A build that has ended, as it is to be recorded.
pub(crate) struct Done<'a> {
    /// Position of the build.
    pub build: usize,
    /// The lane it ran in.
    pub lane: usize,
    /// Number of its batch in the run, from 0.
    pub batch: usize,
    /// Number of builds in the batch.
    pub batch_size: usize,
    /// Number of this try, from 1.
    pub attempt: u32,
    /// The commands of its steps.
    pub steps: &'a [StepTime],
    /// When its phases ran.
    pub times: Vec<&'a PhaseTime>,
    /// The output of the package manager.
    pub output: &'a OutputTail,
    /// What was observed.
    pub observed: &'a Observed,
}

impl<'a> Recorder<'a> {
    /// Starts with the records of the targets, and sends the first event.
    pub(crate) fn new(
        work: &'a Work,
        targets: Vec<TargetRecord>,
        sinks: Vec<Box<dyn Sink + 'a>>,
    ) -> Self {
        let spent = vec![Spent::default(); targets.len()];
        let instances = work.expanded.instances.len();
        let totals = targets.iter().map(|it| (it.name.clone(), instances));
        let totals: Vec<(String, usize)> = totals.collect();
        let mut this = Self {
            work,
            targets,
            spent,
            sinks,
            known: Known::default(),
        };
        this.tell(&RunEvent::Begun(&totals));
        this
    }

    /// The same recorder, which counts no failures that are known.
    pub(crate) fn knowing(self, known: Known) -> Self {
        Self { known, ..self }
    }

    /// Sends an event to all sinks.
    pub(crate) fn tell(&mut self, event: &RunEvent<'_>) {
        for sink in &mut self.sinks {
            sink.event(event);
        }
    }

    /// The number of verdicts so far, and of failures among them.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let instances = || self.targets.iter().flat_map(|run| &run.instances);
        let failed = instances().filter(|i| i.verdict.is_failure()).count();
        (instances().count(), failed)
    }

    /// Records a call of a package manager.
    pub(crate) fn called(&mut self, target: usize, duration: Duration, call: CallRecord) {
        self.spent[target].command(duration, call.cpu_ms);
        self.targets[target].calls.push(call);
    }

    /// The name of a build.
    pub(crate) fn name_of(&self, build: usize) -> String {
        self.work.expanded.builds[build].name.clone()
    }

    /// Adds the time in which a testbed was in use.
    pub(crate) fn occupied(&mut self, target: usize, from: Duration, to: Duration) {
        self.spent[target].testbed(from, to);
    }

    /// The record of a build.
    fn build_record(&self, done: &Done<'_>, well: bool) -> BuildRecord {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let steps = done.steps.iter().map(|step| StepRecord {
            name: step.name.clone(),
            command: step.command.clone(),
            ended: step.ended.clone(),
            left_over: step.left_over,
            started_ms: ms(step.started),
            duration_ms: ms(step.duration),
            phases: done
                .times
                .iter()
                .filter(|t| t.step == step.name)
                .map(|t| PhaseRecord {
                    ebuild: t.ebuild.clone(),
                    phase: t.phase.clone(),
                    begin_ms: ms(t.begin.saturating_sub(step.started)),
                    end_ms: t.end.map(|end| ms(end.saturating_sub(step.started))),
                })
                .collect(),
        });
        BuildRecord {
            name: self.work.expanded.builds[done.build].name.clone(),
            lane: count(done.lane),
            batch: count(done.batch),
            batch_size: count(done.batch_size),
            attempts: done.attempt,
            steps: steps.collect(),
            log: if well {
                String::new()
            } else {
                done.output.end(LOG_BYTES)
            },
        }
    }

    /// Records a build and its verdicts, and sends their events.
    pub(crate) fn enter(
        &mut self,
        target: usize,
        done: &Done<'_>,
        judged: Vec<(&Instance, Judgement)>,
        flaky: &BTreeSet<String>,
    ) -> u32 {
        let settled = |verdict: Verdict| verdict.went_well() && verdict != Verdict::Skipped;
        let well = judged.iter().all(|(_, it)| settled(it.verdict));
        let record = self.build_record(done, well);
        let position = self.targets[target].builds.len();
        self.tell(&RunEvent::Build {
            target,
            index: done.build,
            build: &record,
            observed: done.observed,
        });
        self.targets[target].builds.push(record);
        let mut failures = 0;
        for (instance, judgement) in judged {
            let entry = Record {
                flaky: flaky.contains(&instance.id),
                ..self.record(instance, done.build, judgement, Some(position))
            };
            let name = &self.targets[target].name;
            let counts = entry.verdict.is_failure() && !self.known.has(name, &entry);
            failures += u32::from(counts);
            self.push(target, entry);
        }
        failures
    }

    /// Records a build whose verdicts are already known.
    pub(crate) fn enter_known(
        &mut self,
        target: usize,
        build: BuildRecord,
        instances: Vec<Record>,
    ) {
        let position = self.targets[target].builds.len();
        self.targets[target].builds.push(build);
        for instance in instances {
            let entry = Record {
                build: Some(position),
                ledger: None,
                ..instance
            };
            self.push(target, entry);
        }
    }

    /// Records a build that was observed in an earlier run; its verdicts are judged now.
    pub(crate) fn enter_kept(
        &mut self,
        target: usize,
        index: usize,
        (build, found): (BuildRecord, &str),
        judged: Vec<(&Instance, Judgement)>,
    ) {
        let position = self.targets[target].builds.len();
        self.targets[target].builds.push(build);
        for (instance, judgement) in judged {
            let entry = Record {
                reused: Some(found.to_owned()),
                ..self.record(instance, index, judgement, Some(position))
            };
            self.push(target, entry);
        }
    }

    /// Records an instance that did not run.
    pub(crate) fn enter_undone(
        &mut self,
        target: usize,
        instance: &Instance,
        judgement: Judgement,
    ) {
        let entry = self.record(instance, instance.build, judgement, None);
        self.push(target, entry);
    }

    fn push(&mut self, target: usize, instance: Record) {
        let event = RunEvent::Verdict {
            target,
            instance: &instance,
        };
        self.tell(&event);
        self.targets[target].instances.push(instance);
    }

    /// Records the instances that a run did not reach, so that none is left out silently.
    fn enter_unreached(&mut self, judgement: &Judgement) {
        let work = self.work;
        for target in 0..self.targets.len() {
            let done = self.targets[target].instances.iter();
            let done: HashSet<String> = done.map(|it| it.id.clone()).collect();
            let unreached = work.expanded.instances.iter();
            for instance in unreached.filter(|it| !done.contains(&it.id)) {
                self.enter_undone(target, instance, judgement.clone());
            }
        }
    }

    fn record(
        &self,
        instance: &Instance,
        build: usize,
        judgement: Judgement,
        position: Option<usize>,
    ) -> Record {
        let case = &self.work.suite.cases[instance.case];
        Record {
            id: instance.id.clone(),
            case: case.id.clone(),
            title: case.title.clone(),
            eapi: instance.eapi.to_string(),
            row: instance.row.clone(),
            section: case.section.clone(),
            chapter: case.chapter().to_owned(),
            requirements: instance.requirements.clone(),
            verdict: judgement.verdict,
            reason: judgement.reason,
            disputed: case.disputed.clone(),
            compared: judgement.compared,
            build: position,
            checksum: self.work.checksums[build].clone(),
            lenient: self.work.suite.is_lenient(case),
            ledger: None,
            flaky: false,
            reused: None,
        }
    }

    /// Ends the record: records the instances that were not reached with this judgement, adds the times, and puts the
    /// instances into the order of the suite.
    pub(crate) fn close(mut self, jobs: usize, unreached: Option<&Judgement>) -> Vec<TargetRecord> {
        if let Some(judgement) = unreached {
            self.enter_unreached(judgement);
        }
        self.tell(&RunEvent::Ended);
        let instances = self.work.expanded.instances.iter().enumerate();
        let order: HashMap<&str, usize> = instances
            .map(|(position, instance)| (instance.id.as_str(), position))
            .collect();
        for (target, spent) in self.targets.iter_mut().zip(&self.spent) {
            target
                .instances
                .sort_by_key(|it| order.get(it.id.as_str()).copied());
            target.timing = spent.timing(jobs);
        }
        self.targets
    }
}

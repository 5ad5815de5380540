//! Writes down what a run finds.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use pmsts_reports::record::{
    BuildRecord, Instance as Record, PhaseRecord, Run, StepRecord, Timing,
};
use pmsts_testcases::{Finding, Instance, Judgement, Observed, Outcome, Verdict, judge};

use crate::act::StepTime;
use crate::log::Log;
use crate::state::PhaseTime;
use crate::work::Work;

/// How much of the output is kept of a build that did not do well, in bytes.
const LOG_BYTES: usize = 6 * 1024;

/// What a run found so far.
pub(crate) struct Book<'a> {
    work: &'a Work,
    /// One a domain.
    pub runs: Vec<Run>,
    spent: Vec<Spent>,
}

/// Time spent for a domain.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    pm: Duration,
    testbeds: Duration,
    commands: u64,
    /// From the first testbed's opening to the last one's closing.
    first: Option<Duration>,
    last: Duration,
}

/// What was done for a build.
pub(crate) struct Done<'a> {
    /// Position of the build.
    pub build: usize,
    /// The lane it ran in.
    pub lane: usize,
    /// Position of its batch.
    pub batch: usize,
    /// How many builds shared it.
    pub batch_size: usize,
    /// Which try it was.
    pub attempt: u32,
    /// The steps' commands.
    pub steps: &'a [StepTime],
    /// When its phases ran.
    pub times: Vec<&'a PhaseTime>,
    /// The output.
    pub log: &'a Log,
    /// Whether nothing failed.
    pub well: bool,
}

impl<'a> Book<'a> {
    /// A book with a page for each domain.
    pub(crate) fn new(work: &'a Work, runs: Vec<Run>) -> Self {
        let spent = vec![Spent::default(); runs.len()];
        Self { work, runs, spent }
    }

    /// Verdicts so far, and failures among them.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let instances = || self.runs.iter().flat_map(|run| &run.instances);
        let failed = instances().filter(|i| i.verdict.is_failure()).count();
        (instances().count(), failed)
    }

    /// A command of a package manager took so long.
    pub(crate) fn commanded(&mut self, domain: usize, duration: Duration) {
        let spent = &mut self.spent[domain];
        spent.pm += duration;
        spent.commands += 1;
    }

    /// A testbed was occupied.
    pub(crate) fn occupied(&mut self, domain: usize, from: Duration, to: Duration) {
        let spent = &mut self.spent[domain];
        spent.testbeds += to.saturating_sub(from);
        spent.first = Some(spent.first.unwrap_or(from).min(from));
        spent.last = spent.last.max(to);
    }

    /// The verdicts on the instances of a build.
    pub(crate) fn judge(
        &self,
        build: usize,
        observed: &Observed,
    ) -> Vec<(&'a Instance, Judgement)> {
        let it = &self.work.expanded.builds[build].build;
        let instances = self.work.instances(build).into_iter();
        instances
            .map(|instance| (instance, judge(instance, it, observed)))
            .collect()
    }

    /// The record of a build.
    pub(crate) fn build_record(&self, done: &Done<'_>) -> BuildRecord {
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
            log: if done.well {
                String::new()
            } else {
                done.log.end(LOG_BYTES)
            },
        }
    }

    /// Enters a build and its verdicts, and gives the entries.
    pub(crate) fn enter(
        &mut self,
        domain: usize,
        build: usize,
        record: BuildRecord,
        judged: Vec<(&'a Instance, Judgement)>,
        flaky: &BTreeSet<String>,
    ) -> Vec<Record> {
        let position = self.runs[domain].builds.len();
        self.runs[domain].builds.push(record);
        let entries: Vec<Record> = judged
            .into_iter()
            .map(|(instance, judgement)| Record {
                flaky: flaky.contains(&instance.id),
                ..self.record(instance, build, judgement, Some(position))
            })
            .collect();
        self.runs[domain].instances.extend(entries.iter().cloned());
        entries
    }

    /// Enters a build whose verdicts are there already, and gives the entries.
    pub(crate) fn enter_known(
        &mut self,
        domain: usize,
        build: BuildRecord,
        instances: Vec<Record>,
    ) -> Vec<Record> {
        let page = &mut self.runs[domain];
        let entries = instances.into_iter().map(|instance| Record {
            build: Some(page.builds.len()),
            ledger: None,
            ..instance
        });
        let entries: Vec<Record> = entries.collect();
        page.builds.push(build);
        page.instances.extend(entries.iter().cloned());
        entries
    }

    /// Enters an instance for which nothing was done.
    pub(crate) fn enter_undone(
        &mut self,
        domain: usize,
        instance: &Instance,
        verdict: Verdict,
        reason: String,
    ) -> Record {
        let judgement = Judgement {
            verdict,
            reason: Some(reason),
            findings: Vec::new(),
        };
        let record = self.record(instance, instance.build, judgement, None);
        self.runs[domain].instances.push(record.clone());
        record
    }

    /// Enters what an interrupted run did not come to, so that nothing is silently left out.
    pub(crate) fn enter_unreached(&mut self) {
        for domain in 0..self.runs.len() {
            let done: HashSet<String> = self.runs[domain]
                .instances
                .iter()
                .map(|i| i.id.clone())
                .collect();
            for instance in &self.work.expanded.instances {
                if !done.contains(&instance.id) {
                    let reason = "interrupted before its verdict".to_owned();
                    self.enter_undone(domain, instance, Verdict::Skipped, reason);
                }
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
            findings: judgement.findings,
            build: position,
            checksum: self.work.checksums[build].clone(),
            lenient: self.work.suite.is_lenient(case),
            ledger: None,
            flaky: false,
            reused: None,
        }
    }

    /// Writes the times into every page, and puts the instances into the suite's order.
    pub(crate) fn close(&mut self, jobs: usize) {
        let order: HashMap<&str, usize> = self
            .work
            .expanded
            .instances
            .iter()
            .enumerate()
            .map(|(position, instance)| (instance.id.as_str(), position))
            .collect();
        for (run, spent) in self.runs.iter_mut().zip(&self.spent) {
            run.instances
                .sort_by_key(|i| order.get(i.id.as_str()).copied());
            run.timing = spent.timing(jobs);
        }
    }
}

impl Spent {
    fn timing(&self, jobs: usize) -> Timing {
        let added = self.testbeds.saturating_sub(self.pm).as_secs_f64();
        let ratio = added / self.pm.as_secs_f64().max(0.001);
        Timing {
            wall_ms: ms(self.last.saturating_sub(self.first.unwrap_or_default())),
            pm_ms: ms(self.pm),
            testbeds_ms: ms(self.testbeds),
            jobs: u32::try_from(jobs).unwrap_or(u32::MAX),
            commands: self.commands,
            overhead_ratio: (ratio * 10_000.0).round() / 10_000.0,
        }
    }
}

/// An opinion on whether a build that shared its batch must be tried apart.
pub(crate) type WantsAnotherTry = fn(&[(&Instance, Judgement)]) -> bool;

/// Whether a build that shared its batch must be tried apart, as others may have caused what was
/// seen. A value that came and differs, in steps that went well, is the build's own.
pub(crate) fn wants_another_try(judged: &[(&Instance, Judgement)]) -> bool {
    judged.iter().any(|(_, judgement)| {
        let suspicious = |f: &Finding| match f.outcome {
            Outcome::Missing => true,
            Outcome::Differs => f.address.ends_with("outcome") || f.address.ends_with("installed"),
            Outcome::Met | Outcome::Recorded => false,
        };
        match judgement.verdict {
            Verdict::Failed | Verdict::NotObserved => {
                judgement.findings.iter().any(suspicious) || judgement.reason.is_some()
            }
            Verdict::Error | Verdict::TimedOut => true,
            _ => false,
        }
    })
}

/// Whole milliseconds.
pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

//! Proves that cases can fail: runs them again on builds with something broken in them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use pmsts_eclass_templates::Renderer;
use pmsts_reports::record::{Instance as Record, Results};
use pmsts_testcases::{
    EapiSet, Expanded, Instance, Judgement, Sabotage, Suite, Variant, Verdict, expand, noticed,
    sabotages,
};
use serde::Serialize;

use crate::config::RunConfig;
use crate::run::RunError;
use crate::session::Session;
use crate::sink::Sink;

/// What comes of controls on one package manager.
#[derive(Debug, Default, Serialize)]
pub struct Controlled {
    /// The domain.
    pub domain: String,
    /// Cases that passed, and so can be controlled.
    pub cases: usize,
    /// Cases that noticed a sabotage.
    pub caught: usize,
    /// Cases that noticed none.
    pub missed: Vec<String>,
    /// Which sabotage each case noticed.
    pub by: BTreeMap<String, String>,
    /// Cases that do not pass here, and so show nothing by failing.
    pub not_passing: Vec<String>,
    /// Whether the user stopped before the end.
    pub interrupted: bool,
}

/// Runs the cases as they are, then under sabotage until each noticed one or none is left.
pub fn control(
    config: &RunConfig,
    session: &Session<'_>,
    suite: &Arc<Suite>,
    chosen: &[(usize, EapiSet)],
    rounds: usize,
    mut tell: impl FnMut(&str),
    sinks: impl Fn() -> Vec<Box<dyn Sink>>,
) -> Result<Vec<Controlled>, RunError> {
    let plain = expand(suite, chosen, Variant::Plain)?;
    tell("as they are");
    let results = run(config, session, suite, plain.clone(), sinks())?;
    let own = expand(suite, chosen, Variant::Control)?;
    let mut all: Vec<Control<'_>> = results
        .runs
        .iter()
        .map(|page| Control::new(&page.domain, suite, &plain, &page.instances))
        .collect();
    let mut interrupted = results.interrupted;
    if !own.instances.is_empty() && !interrupted {
        tell("under their own controls");
        let results = run(config, session, suite, own.clone(), sinks())?;
        interrupted |= results.interrupted;
        for (control, page) in all.iter_mut().zip(&results.runs) {
            control.take(&own, &page.instances, |_| "its own control".to_owned());
        }
    }
    let mut queues = Queues::new(&plain);
    for round in 1..=rounds {
        let open: BTreeSet<usize> = all.iter().flat_map(|c| c.open.iter().copied()).collect();
        if interrupted || open.is_empty() {
            break;
        }
        let (sabotaged, names) = queues.next(&plain, &open, round == rounds);
        if sabotaged.instances.is_empty() {
            break;
        }
        tell(&format!(
            "under sabotage {round}: {} cases have noticed none",
            count(&plain, &open)
        ));
        let results = run(config, session, suite, sabotaged.clone(), sinks())?;
        interrupted |= results.interrupted;
        for (control, page) in all.iter_mut().zip(&results.runs) {
            control.take(&sabotaged, &page.instances, |build| names[build].clone());
        }
    }
    Ok(all.into_iter().map(|c| c.close(interrupted)).collect())
}

fn count(plain: &Expanded, open: &BTreeSet<usize>) -> usize {
    let cases: BTreeSet<usize> = open.iter().map(|i| plain.instances[*i].case).collect();
    cases.len()
}

fn run(
    config: &RunConfig,
    session: &Session<'_>,
    suite: &Arc<Suite>,
    expanded: Expanded,
    sinks: Vec<Box<dyn Sink>>,
) -> Result<Results, RunError> {
    let sites = Renderer::new().sites(&expanded.builds)?;
    session.run(config, Arc::clone(suite), expanded, sites, sinks)
}

/// The controls of one domain.
struct Control<'a> {
    suite: &'a Suite,
    plain: &'a Expanded,
    found: Controlled,
    /// Positions of instances whose case has noticed nothing yet.
    open: BTreeSet<usize>,
}

impl<'a> Control<'a> {
    fn new(domain: &str, suite: &'a Suite, plain: &'a Expanded, records: &[Record]) -> Self {
        let passed: BTreeSet<&str> = records
            .iter()
            .filter(|r| r.verdict == Verdict::Passed)
            .map(|r| r.id.as_str())
            .collect();
        let (mut open, mut failing) = (BTreeSet::new(), BTreeSet::new());
        for (position, instance) in plain.instances.iter().enumerate() {
            if passed.contains(instance.id.as_str()) {
                open.insert(position);
            } else {
                failing.insert(instance.case);
            }
        }
        let passing: BTreeSet<usize> = open.iter().map(|i| plain.instances[*i].case).collect();
        let id = |case: &usize| suite.cases[*case].id.clone();
        Self {
            suite,
            plain,
            found: Controlled {
                domain: domain.to_owned(),
                cases: passing.len(),
                not_passing: failing.difference(&passing).map(id).collect(),
                ..Controlled::default()
            },
            open,
        }
    }

    /// Takes in what sabotaged instances came to.
    fn take(&mut self, ran: &Expanded, records: &[Record], name: impl Fn(usize) -> String) {
        let by_id: BTreeMap<&str, &Instance> =
            ran.instances.iter().map(|i| (i.id.as_str(), i)).collect();
        for record in records {
            let Some(instance) = by_id.get(record.id.as_str()) else {
                continue;
            };
            let judgement = Judgement {
                verdict: record.verdict,
                reason: record.reason.clone(),
                findings: record.findings.clone(),
            };
            if noticed(instance, &judgement) {
                self.close_case(instance.case, name(instance.build));
            }
        }
    }

    fn close_case(&mut self, case: usize, by: String) {
        let plain = self.plain;
        let before = self.open.len();
        self.open.retain(|i| plain.instances[*i].case != case);
        if self.open.len() < before {
            self.found.by.insert(self.suite.cases[case].id.clone(), by);
        }
    }

    fn close(mut self, interrupted: bool) -> Controlled {
        let missed: BTreeSet<usize> = self
            .open
            .iter()
            .map(|i| self.plain.instances[*i].case)
            .collect();
        self.found.missed = missed
            .iter()
            .map(|c| self.suite.cases[*c].id.clone())
            .collect();
        self.found.caught = self.found.by.len();
        self.found.interrupted = interrupted;
        self.found
    }
}

/// What is left to be tried on each build.
struct Queues(Vec<VecDeque<Sabotage>>);

impl Queues {
    fn new(plain: &Expanded) -> Self {
        let of = |index: usize| {
            let instances: Vec<&Instance> = plain
                .instances
                .iter()
                .filter(|i| i.build == index)
                .collect();
            sabotages(&plain.builds[index], &instances).into()
        };
        Self((0..plain.builds.len()).map(of).collect())
    }

    /// The open instances on builds that each carry their next sabotage, and its names. At last it
    /// is the one that is left when all is said: observations that arrive altered.
    fn next(
        &mut self,
        plain: &Expanded,
        open: &BTreeSet<usize>,
        at_last: bool,
    ) -> (Expanded, Vec<String>) {
        let renderer = Renderer::new();
        let mut out = Expanded::default();
        let mut names = Vec::new();
        let mut positions: BTreeMap<usize, Option<usize>> = BTreeMap::new();
        for index in open {
            let instance = &plain.instances[*index];
            let position = *positions.entry(instance.build).or_insert_with(|| {
                // A sabotage that leaves nothing that can be written is none.
                let queue = &mut self.0[instance.build];
                let mut next = || {
                    if at_last {
                        queue.pop_back()
                    } else {
                        queue.pop_front()
                    }
                };
                while let Some(sabotage) = next() {
                    let mut build = plain.builds[instance.build].clone();
                    build.build = sabotage.build;
                    if renderer.site(&build).is_ok() {
                        out.builds.push(build);
                        names.push(sabotage.name);
                        return Some(out.builds.len() - 1);
                    }
                }
                None
            });
            if let Some(build) = position {
                out.instances.push(Instance {
                    build,
                    ..instance.clone()
                });
            }
        }
        (out, names)
    }
}

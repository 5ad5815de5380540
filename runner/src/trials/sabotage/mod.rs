//! Proves that cases can fail: runs them on builds in which something is broken on purpose (a sabotage).

mod found;
mod rounds;

use std::collections::BTreeSet;
use std::sync::Arc;

use pmsts_reports::record::Results;
use pmsts_testcases::{
    EapiSet, Expanded, Instance, Judgement, Outcome, Suite, Variant, expand, noticed,
    noticed_for_sure,
};

use crate::record::events::Sink;
use crate::record::observations::Observations;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::run::pass;
use crate::run::prepared::Prepared;
use crate::run::session::Session;
use crate::schedule::second_try::{self, WantsAnotherTry};
use found::Tally;
pub use found::Trial;
use rounds::{Sabotages, part};

/// The cases to sabotage.
pub struct Cases<'a> {
    /// The suite.
    pub suite: &'a Arc<Suite>,
    /// Positions of cases, with the EAPIs to run each in.
    pub chosen: &'a [(usize, EapiSet)],
    /// A record of the same cases, used instead of a first run without sabotage.
    pub known: Option<Results>,
    /// Number of sabotages to try on a build, at most.
    pub rounds: usize,
}

/// Runs the cases without sabotage, then with sabotages until each has noticed one or no sabotage is left.
pub fn sabotage(
    config: &RunConfig,
    session: &Session<'_>,
    cases: Cases<'_>,
    mut tell: impl FnMut(&str),
    sinks: impl Fn() -> Vec<Box<dyn Sink>>,
) -> Result<Vec<Trial>, RunError> {
    let Cases { suite, chosen, .. } = cases;
    let plain = expand(suite, chosen, Variant::Plain)?;
    let runner = Runner {
        config,
        session,
        suite,
        seen: Observations::default(),
        sinks,
    };
    let ran = cases.known.is_none();
    let known = if let Some(known) = cases.known {
        only(known, session)?
    } else {
        tell("running the cases without sabotage");
        runner.run(&plain, second_try::wants_another_try)?
    };
    let targets = known.targets.iter();
    let mut all: Vec<Tally<'_>> = targets
        .map(|target| Tally::new(&target.name, suite, &plain, &target.instances))
        .collect();
    if ran {
        runner.keep(&known, &mut all);
    }
    let mut interrupted = known.interrupted;
    let own = own_sabotages(suite, chosen, &open(&all), &plain)?;
    if !own.instances.is_empty() && !interrupted {
        tell("running cases with their own sabotages");
        let names = vec!["its own sabotage".to_owned(); own.builds.len()];
        interrupted |= runner.round(&own, &names, &mut all)?;
    }
    if !interrupted {
        interrupted |= runner.sabotaged(&plain, cases.rounds, &mut all, &mut tell)?;
    }
    if !interrupted {
        interrupted |= runner.unseen(&plain, &mut all, &mut tell)?;
    }
    all.iter_mut().for_each(Tally::alter);
    Ok(all.into_iter().map(|c| c.close(interrupted)).collect())
}

/// The part of a record that belongs to the targets of the session.
fn only(mut known: Results, session: &Session<'_>) -> Result<Results, RunError> {
    let names: BTreeSet<&str> = session.targets().collect();
    known
        .targets
        .retain(|run| names.contains(run.name.as_str()));
    let missing = |name: &&&str| known.targets.iter().all(|run| run.name != **name);
    match names.iter().find(missing) {
        Some(name) => Err(RunError::NotRecorded((*name).to_owned())),
        None => Ok(known),
    }
}

/// Runs the rounds.
struct Runner<'a, 'p, S> {
    config: &'a RunConfig,
    session: &'a Session<'p>,
    suite: &'a Arc<Suite>,
    seen: Observations,
    sinks: S,
}

impl<S: Fn() -> Vec<Box<dyn Sink>>> Runner<'_, '_, S> {
    fn run(
        &self,
        expanded: &Expanded,
        wants_another_try: WantsAnotherTry,
    ) -> Result<Results, RunError> {
        let mut sinks = (self.sinks)();
        sinks.push(Box::new(self.seen.clone()));
        let prepared = Prepared {
            wants_another_try,
            ..Prepared::new(Arc::clone(self.suite), expanded.clone())?
        };
        pass(self.config, self.session, prepared, sinks)
    }

    /// Runs one round; returns whether the user stopped it.
    fn round(
        &self,
        ran: &Expanded,
        names: &[String],
        all: &mut [Tally<'_>],
    ) -> Result<bool, RunError> {
        if ran.instances.is_empty() {
            return Ok(false);
        }
        let results = self.run(ran, wants_another_try)?;
        for tally in all.iter_mut() {
            let target = results.targets.iter().find(|r| r.name == tally.target());
            tally.take(ran, target.map_or(&[], |target| &target.instances), names);
        }
        self.keep(&results, all);
        Ok(results.interrupted)
    }

    /// Runs rounds until every case has noticed a sabotage; returns whether the user stopped them.
    fn sabotaged(
        &self,
        plain: &Expanded,
        rounds: usize,
        all: &mut [Tally<'_>],
        tell: &mut impl FnMut(&str),
    ) -> Result<bool, RunError> {
        let sabotages = Sabotages::new(plain);
        for number in 1..=rounds {
            let open = open(all);
            if open.is_empty() {
                break;
            }
            let (ran, names) = sabotages.round(plain, &open, number);
            let count = count(plain, &open);
            tell(&format!(
                "running sabotage {number}: {count} cases have noticed none yet"
            ));
            if self.round(&ran, &names, all)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Runs the open cases whose observations are not known yet without sabotage, so that these can be altered.
    fn unseen(
        &self,
        plain: &Expanded,
        all: &mut [Tally<'_>],
        tell: &mut impl FnMut(&str),
    ) -> Result<bool, RunError> {
        let unseen: BTreeSet<usize> = all.iter().flat_map(Tally::unseen).collect();
        if unseen.is_empty() {
            return Ok(false);
        }
        tell("running the remaining cases without sabotage, to alter their observations");
        let results = self.run(&part(plain, &unseen), second_try::wants_another_try)?;
        self.keep(&results, all);
        Ok(results.interrupted)
    }

    fn keep(&self, results: &Results, all: &mut [Tally<'_>]) {
        for (position, target) in results.targets.iter().enumerate() {
            for tally in all.iter_mut().filter(|c| c.target() == target.name) {
                tally.keep(&target.instances, |build| self.seen.of(position, build));
            }
        }
    }
}

/// Positions of instances whose case has noticed no sabotage yet on some target.
fn open(all: &[Tally<'_>]) -> BTreeSet<usize> {
    all.iter().flat_map(|c| c.open.iter().copied()).collect()
}

fn count(plain: &Expanded, open: &BTreeSet<usize>) -> usize {
    let cases: BTreeSet<usize> = open.iter().map(|i| plain.instances[*i].case).collect();
    cases.len()
}

/// The open cases that define a sabotage of their own, with that sabotage.
fn own_sabotages(
    suite: &Suite,
    chosen: &[(usize, EapiSet)],
    open: &BTreeSet<usize>,
    plain: &Expanded,
) -> Result<Expanded, RunError> {
    let cases: BTreeSet<usize> = open.iter().map(|i| plain.instances[*i].case).collect();
    let chosen: Vec<(usize, EapiSet)> = chosen
        .iter()
        .filter(|(case, _)| cases.contains(case))
        .copied()
        .collect();
    Ok(expand(suite, &chosen, Variant::Sabotaged)?)
}

/// Whether a sabotaged build that shared a call must be tried again alone: if other builds may have caused what it
/// noticed, or if it reported nothing at all. A build that the sabotage broke would only break again, and a value that
/// differs needs no second run.
fn wants_another_try(judged: &[(&Instance, Judgement)]) -> bool {
    let unsure = |(instance, judgement): &(&Instance, Judgement)| {
        noticed(instance, judgement) && !noticed_for_sure(instance, judgement)
    };
    let silent = judged.iter().all(|(_, judgement)| {
        let mut compared = judgement.compared.iter();
        judgement.verdict.is_failure() && compared.all(|f| f.outcome != Outcome::Met)
    });
    silent || judged.iter().any(unsure)
}

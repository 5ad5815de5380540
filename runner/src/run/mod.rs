//! The run pipeline: from the configuration to the record.

pub mod config;
pub mod error;
mod load;
pub mod prepared;
mod repeat;
pub mod rerun;
pub mod session;
mod settled;
mod starts;
mod targets;

use std::collections::VecDeque;
use std::sync::Arc;

use pmsts_reports::record::{Results, TargetRecord};
use pmsts_testcases::model::Eapi;
use pmsts_testcases::{EapiSet, Suite};

use crate::provision::{Progress, Provisioner};
use crate::record::Recorder;
use crate::record::events::Sink;
use crate::schedule::work::Work;
use crate::schedule::{Event, State};
use crate::verdicts::{Keep, Prior};
use config::RunConfig;
use error::{RunError, system};
use prepared::{Prepared, choose, shards};
use session::{Pass, Session};

/// Runs the configured cases as often as configured, and returns the record.
pub fn run<'a>(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    mut sinks: impl FnMut() -> Vec<Box<dyn Sink + 'a>>,
) -> Result<Results, RunError> {
    let suite = Arc::new(Suite::of(config.cases.as_deref())?);
    // What targets claim is known once they are provisioned. Until then each EAPI may be the newest of one.
    let any: Vec<EapiSet> = Eapi::all()
        .map(|eapi| [eapi].into_iter().collect())
        .collect();
    let expanded = choose(&suite, config, &any)?;
    let mut session = Session::open(config, provisioner, &expanded)?;
    let eapis = expanded.instances.iter().map(|i| i.eapi).collect();
    try_starts(config, provisioner, &mut session, eapis)?;
    let expanded = choose(&suite, config, &session.claims())?;
    let prepared = Prepared::new(Arc::clone(&suite), expanded)?;
    let mut results = repeat::run(config.repeat, || {
        pass(config, &session, prepared.clone(), sinks())
    })?;
    if let Some((shards, _)) = shards(&suite, config)? {
        for target in &mut results.targets {
            target.shards = Some(shards.clone());
        }
    }
    Ok(results)
}

/// Tries whether the package managers of a configuration start. The records have no verdicts; those of package managers
/// that cannot be installed or do not start have the reason.
pub fn starts(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
) -> Result<Vec<TargetRecord>, RunError> {
    let eapis = EapiSet::all();
    let (mut session, _) = Session::open_any(config, provisioner, eapis)?;
    try_starts(config, provisioner, &mut session, eapis)?;
    Ok(session.all_records())
}

fn try_starts<'p>(
    config: &RunConfig,
    provisioner: &mut Provisioner<'p>,
    session: &mut Session<'p>,
    eapis: EapiSet,
) -> Result<(), RunError> {
    let (_, monitor) = provisioner.parts();
    (monitor.report)(Progress::Starting {
        what: session.targets().map(str::to_owned).collect(),
    });
    starts::check(config, session, eapis, |config, session, prepared| {
        pass(config, session, prepared, Vec::new())
    })
}

/// One pass: runs the instances on every target of the session. Verdicts that need no run are recorded at once; the
/// other builds are scheduled in batches. Then events and actions alternate until nothing is left to do; the
/// observations of each batch are judged and recorded when it ends.
pub(crate) fn pass(
    config: &RunConfig,
    session: &Session<'_>,
    prepared: Prepared,
    sinks: Vec<Box<dyn Sink + '_>>,
) -> Result<Results, RunError> {
    let pass = Pass::begin();
    let wants_another_try = prepared.wants_another_try;
    let work = Work::new(
        prepared.suite,
        prepared.expanded,
        prepared.sites,
        &session.targets,
    );
    let earlier = session.earlier(config);
    let prior = Prior::of_targets(&work, &earlier)?;
    // What is added borrows from this pass.
    let mut sinks = sinks;
    if let Some(stores) = earlier.stores {
        stores.check(config.stores_required)?;
        sinks.push(Box::new(Keep::new(stores, &work, &prior)));
    }
    let mut recorder =
        Recorder::new(&work, session.records(&prior), sinks).knowing(config.known.clone());
    let batches = settled::settle(&work, &prior, &mut recorder, config);
    let mut state = State::new(
        config.limits.under_load(load::per_core()),
        config.stop,
        config.jobs,
        batches,
    );
    let mut engine = session.engine(config, (&work, recorder), wants_another_try, pass.begun)?;
    let mut events = VecDeque::from([Event::Begin]);
    while !state.is_done() {
        let Some(event) = events.pop_front() else {
            events.extend(engine.wait(&state).map_err(system("wait for events"))?);
            continue;
        };
        let mut following = Vec::new();
        for action in state.handle(event, engine.now()) {
            following.extend(engine.act(action).map_err(system("watch a testbed"))?);
        }
        // Events that follow from an action come before those that were waiting.
        following
            .into_iter()
            .rev()
            .for_each(|event| events.push_front(event));
    }
    let recorder = engine.into_recorder();
    let targets = recorder.close(config.jobs, state.unreached().as_ref());
    Ok(session.results(config, &work, &state, targets, &pass))
}

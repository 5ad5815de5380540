//! What several runs share, and one run of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use pmsts_eclass_templates::{Renderer, Site};
use pmsts_reports::record::{Results, Run, SCHEMA, Timing};
use pmsts_testcases::{Expanded, Suite};

use crate::about::{host_info, suite_info};
use crate::act::{Actor, Lanes};
use crate::book::{Book, WantsAnotherTry, ms, wants_another_try};
use crate::config::RunConfig;
use crate::control::Control;
use crate::domain::Domain;
use crate::domains::{self, LeftOut};
use crate::event_loop::EventLoop;
use crate::plan::plan;
use crate::prior::{self, Keep, Prior};
use crate::provision::{self, Cache, Provisioner};
use crate::run::{RunError, system};
use crate::run_dir::RunDir;
use crate::runnable::runnable;
use crate::sink::Sink;
use crate::state::State;
use crate::testbed::preflight;
use crate::work::Work;

/// What several runs can share: the private directory, the socket to be asked by, the domains.
pub struct Session<'p> {
    dir: RunDir,
    control: Control,
    cache: Cache,
    executable: PathBuf,
    domains: Arc<Vec<Domain>>,
    left_out: Vec<LeftOut>,
    /// Whether the user asked to stop before a loop heard of it.
    cancelled: &'p dyn Fn() -> bool,
}

impl<'p> Session<'p> {
    /// Tries the machine out, and provisions the domains for what will be run.
    pub fn open(
        config: &RunConfig,
        provisioner: &mut Provisioner<'p>,
        expanded: &Expanded,
    ) -> Result<Self, RunError> {
        if !nix::unistd::geteuid().is_root() {
            return Err(RunError::NotRoot);
        }
        let dir = RunDir::new().map_err(system("make a directory for the run"))?;
        let control = Control::listen(&dir.control(), config.socket.as_deref())?;
        let executable = std::env::current_exe().map_err(system("find the program's own file"))?;
        preflight(dir.path(), &executable).map_err(RunError::Testbed)?;
        let eapis = expanded.instances.iter().map(|i| i.eapi).collect();
        let provided = domains::provide(config, provisioner, eapis)?;
        let (cache, monitor) = provisioner.parts();
        Ok(Self {
            dir,
            control,
            cache: cache.clone(),
            executable,
            domains: Arc::new(provided.domains),
            left_out: provided.left_out,
            cancelled: monitor.cancelled,
        })
    }

    /// Names of the domains.
    pub(crate) fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().map(|domain| domain.name.as_str())
    }

    /// Runs these instances on every domain.
    pub fn run(
        &self,
        config: &RunConfig,
        suite: Arc<Suite>,
        expanded: Expanded,
        sites: Vec<Site>,
        sinks: Vec<Box<dyn Sink + '_>>,
    ) -> Result<Results, RunError> {
        self.run_apart(config, suite, (expanded, sites), sinks, wants_another_try)
    }

    /// The same with another opinion on what is to be tried apart after it shared a call.
    pub(crate) fn run_apart(
        &self,
        config: &RunConfig,
        suite: Arc<Suite>,
        (expanded, sites): (Expanded, Vec<Site>),
        mut sinks: Vec<Box<dyn Sink + '_>>,
        wants_another_try: WantsAnotherTry,
    ) -> Result<Results, RunError> {
        let (begun, started) = (Instant::now(), SystemTime::now());
        let domains = Arc::clone(&self.domains);
        let work = Work::new(suite, expanded, sites, domains, config.room);
        let prior = Prior::all(&work.domains, config, &self.cache)?;
        let unkept = config.cache.then(|| {
            let (keep, unkept) = Keep::new(&self.cache, prior.iter().map(|p| p.key.as_deref()));
            sinks.push(Box::new(keep));
            unkept
        });
        let mut book = Book::new(&work, pages(&work, &prior));
        let state = planned(&work, &prior, &mut book, &mut sinks, config);
        let lanes = Lanes {
            dir: self.dir.path(),
            count: config.jobs,
            executable: self.executable.clone(),
            retries: config.retries,
            wants_another_try,
        };
        let actor =
            Actor::new(&work, book, sinks, lanes).map_err(system("make the lanes of the run"))?;
        let events = EventLoop::new(state, actor, &self.control, begun)
            .map_err(system("set the event loop up"))?;
        // From here on the loop hears signals; those that came before are known to the monitor alone.
        if (self.cancelled)() {
            return Err(provision::Error::Interrupted.into());
        }
        let (state, actor) = events.run().map_err(system("wait for events"))?;
        let mut book = actor.into_book();
        if state.is_interrupted() {
            book.enter_unreached();
            let keys = prior::keys(&work.domains, config);
            for (run, key) in book.runs.iter_mut().zip(keys) {
                run.key = run.key.take().or(key);
            }
        }
        book.close(config.jobs);
        for run in &mut book.runs {
            run.refused_messages = state.refused().clone();
            run.notes.extend(reused(run, config));
            let failed = unkept.as_ref().and_then(|unkept| unkept.take());
            run.notes
                .extend(failed.map(|e| format!("Verdicts could not be kept for later runs: {e}.")));
        }
        let left_out = self.left_out.iter().map(LeftOut::page);
        Ok(Results {
            schema: SCHEMA,
            suite: suite_info(),
            host: host_info(),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            duration_ms: ms(begun.elapsed()),
            interrupted: state.is_interrupted(),
            arguments: config.arguments.clone(),
            seed: config.selection.seed,
            repeats: None,
            sources: work.sources(),
            runs: book.runs.into_iter().chain(left_out).collect(),
        })
    }
}

/// The state of a run that has begun: everything that is to be done, in batches.
fn planned(
    work: &Work,
    prior: &[Prior],
    book: &mut Book<'_>,
    sinks: &mut [Box<dyn Sink + '_>],
    config: &RunConfig,
) -> State {
    let mut state = State::new(config.limits, config.jobs);
    for (domain, candidates) in runnable(work, prior, book, sinks) {
        let most = batch_size(candidates.len(), config);
        for batch in plan(domain, &candidates, &work.domains[domain].adapter, most) {
            let outline = work.outline(&batch);
            state.add(batch, outline);
        }
    }
    state
}

/// What a reader must know of verdicts that are of earlier runs.
fn reused(run: &Run, config: &RunConfig) -> Option<String> {
    let all = run.instances.len();
    match run.instances.iter().filter(|i| i.reused.is_some()).count() {
        0 if config.cache && run.key.is_none() => Some(
            "No verdict is kept or reused: whether an installed package manager is the same cannot be said.".to_owned(),
        ),
        0 => None,
        count => Some(format!("{count} of {all} verdicts are of earlier runs, with nothing changed since.")),
    }
}

/// Enough batches for every lane to have several, so that they end together.
fn batch_size(builds: usize, config: &RunConfig) -> usize {
    builds
        .div_ceil(config.jobs.max(1) * 3)
        .clamp(1, config.batch.max(1))
}

/// An empty page for each domain.
fn pages(work: &Work, prior: &[Prior]) -> Vec<Run> {
    let page = |(domain, prior): (&Domain, &Prior)| {
        let skeleton = Renderer::new().skeleton().clone();
        let context = domain.context(&skeleton, &pmsts_testcases::model::Config::default());
        let notes = domain
            .adapter
            .setup(&context)
            .map(|setup| domain.notes(&setup));
        Run {
            domain: domain.name.clone(),
            pm: domain.provisioned.pm.clone(),
            version: domain.provisioned.version.clone(),
            spec: domain.provisioned.spec.to_string(),
            bash: domain.bash_words(),
            interpreter: domain
                .provisioned
                .python
                .as_ref()
                .map(|p| format!("Python {}", p.version)),
            testbed: "overlay".to_owned(),
            notes: notes.unwrap_or_default(),
            broken: None,
            key: prior.key.clone(),
            shards: None,
            timing: Timing::default(),
            refused_messages: BTreeMap::new(),
            instances: Vec::new(),
            builds: Vec::new(),
        }
    };
    work.domains.iter().zip(prior).map(page).collect()
}

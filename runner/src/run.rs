//! The main way through the house: configuration, cases, instances, plan, loop, record.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use miette::Diagnostic;
use pmsts_eclass_templates::{RenderError, Renderer, Site};
use pmsts_reports::record::{Results, Run, SCHEMA, Source, Timing};
use pmsts_reports::shards::Shards;
use pmsts_testcases::{
    ExpandError, Expanded, GlobError, Selection, Suite, SuiteError, Variant, Verdict, expand,
    select,
};

use crate::about::{host_info, suite_info};
use crate::act::{Actor, Lanes};
use crate::adapter::AdapterError;
use crate::book::{Book, ms};
use crate::config::RunConfig;
use crate::control::{Control, ControlError};
use crate::domain::Domain;
use crate::domains::{self, LeftOut};
use crate::event_loop::EventLoop;
use crate::plan::{Candidate, plan};
use crate::provision::{self, Provisioner};
use crate::repeated::Repeated;
use crate::run_dir::RunDir;
use crate::sink::{RunEvent, Sink};
use crate::state::State;
use crate::testbed::preflight;
use crate::work::Work;

/// Why a run could not be done.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum RunError {
    /// The case files are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Suite(#[from] SuiteError),
    /// A filter is wrong.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// A case cannot be expanded.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// A build cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// An adapter is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Adapter(#[from] AdapterError),
    /// A package manager or a Bash cannot be had.
    #[error(transparent)]
    Provision(#[from] provision::Error),
    /// The run's own socket cannot be had.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// No case was chosen.
    #[error("no case fits: `pmsts list` shows what there is")]
    NothingChosen,
    /// No testbed can be set up.
    #[error("no testbed can be set up here: {0}; `pmsts doctor` tells what is missing")]
    Testbed(String),
    /// Testbeds want root.
    #[error("testbeds want root: run pmsts as root, for example in a container of your own")]
    NotRoot,
    /// The harness broke.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::System { what, source }
}

/// The cases of a configuration.
pub fn suite(config: &RunConfig) -> Result<Suite, SuiteError> {
    match &config.cases {
        Some(dir) => Suite::with_cases_of(dir),
        None => Suite::embedded(),
    }
}

/// Instances and builds of a selection, rendered.
pub fn prepare(suite: &Suite, config: &RunConfig) -> Result<(Expanded, Vec<Site>), RunError> {
    let chosen = select(suite, &config.selection)?;
    let expanded = expand(suite, &chosen, Variant::Plain)?;
    // A shard may have nothing to do; were there no record of it, it would be missing.
    if expanded.instances.is_empty() && shards(suite, config)?.is_none_or(|all| all.1 == 0) {
        return Err(RunError::NothingChosen);
    }
    let sites = Renderer::new().sites(&expanded.builds)?;
    Ok((expanded, sites))
}

/// The shard that a configuration asks for, and how many cases all shards have together.
fn shards(suite: &Suite, config: &RunConfig) -> Result<Option<(Shards, usize)>, GlobError> {
    let Some(partition) = config.selection.partition else {
        return Ok(None);
    };
    let selection = Selection {
        partition: None,
        ..config.selection.clone()
    };
    let all = select(suite, &selection)?;
    let places = all.iter().map(|(case, _)| suite.cases[*case].id.clone());
    let ours = places
        .enumerate()
        .filter(|(_, id)| partition.has(id))
        .map(|(place, id)| (id, place));
    let shards = Shards {
        of: partition.of(),
        parts: [partition.number()].into(),
        places: ours.collect(),
    };
    Ok(Some((shards, all.len())))
}

/// Runs what is asked for, as often as asked for, and gives the record of it.
pub fn run<'a>(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    mut sinks: impl FnMut() -> Vec<Box<dyn Sink + 'a>>,
) -> Result<Results, RunError> {
    let suite = Arc::new(suite(config)?);
    let (expanded, sites) = prepare(&suite, config)?;
    let session = Session::open(config, provisioner, &expanded)?;
    let mut once = || {
        let (expanded, sites) = (expanded.clone(), sites.clone());
        session.run(config, Arc::clone(&suite), expanded, sites, sinks())
    };
    let mut first = once()?;
    let mut repeats = Repeated::new(&first);
    while repeats.times() < config.repeat && !first.interrupted {
        let again = once()?;
        first.interrupted |= again.interrupted;
        repeats.add(&again);
    }
    if config.repeat > 1 {
        first.repeats = Some(repeats.differing());
    }
    if let Some((shards, _)) = shards(&suite, config)? {
        for run in &mut first.runs {
            run.shards = Some(shards.clone());
        }
    }
    Ok(first)
}

/// What several runs can share: the private directory, the socket to be asked by, the domains.
pub struct Session<'p> {
    dir: RunDir,
    control: Control,
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
        let (_, monitor) = provisioner.parts();
        Ok(Self {
            dir,
            control,
            executable,
            domains: Arc::new(provided.domains),
            left_out: provided.left_out,
            cancelled: monitor.cancelled,
        })
    }

    /// Runs these instances on every domain.
    pub fn run(
        &self,
        config: &RunConfig,
        suite: Arc<Suite>,
        expanded: Expanded,
        sites: Vec<Site>,
        mut sinks: Vec<Box<dyn Sink + '_>>,
    ) -> Result<Results, RunError> {
        let (begun, started) = (Instant::now(), SystemTime::now());
        let domains = Arc::clone(&self.domains);
        let work = Work::new(suite, expanded, sites, domains, config.room);
        let mut book = Book::new(&work, pages(&work));
        let mut state = State::new(config.limits, config.jobs);
        for (domain, candidates) in runnable(&work, &mut book, &mut sinks) {
            let most = batch_size(candidates.len(), config);
            for batch in plan(domain, &candidates, &work.domains[domain].adapter, most) {
                let outline = work.outline(&batch);
                state.add(batch, outline);
            }
        }
        let executable = self.executable.clone();
        let lanes = Lanes {
            dir: self.dir.path(),
            count: config.jobs,
            executable,
            retries: config.retries,
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
        }
        book.close(config.jobs);
        let with_refusals = |run| Run {
            refused_messages: state.refused().clone(),
            ..run
        };
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
            runs: book
                .runs
                .into_iter()
                .map(with_refusals)
                .chain(self.left_out.iter().map(LeftOut::page))
                .collect(),
        })
    }
}

/// Enough batches for every lane to have several, so that they end together.
fn batch_size(builds: usize, config: &RunConfig) -> usize {
    builds
        .div_ceil(config.jobs.max(1) * 3)
        .clamp(1, config.batch.max(1))
}

/// An empty page for each domain.
fn pages(work: &Work) -> Vec<Run> {
    let page = |domain: &Domain| {
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
            shards: None,
            timing: Timing::default(),
            refused_messages: BTreeMap::new(),
            instances: Vec::new(),
            builds: Vec::new(),
        }
    };
    work.domains.iter().map(page).collect()
}

/// What each domain can run; the verdict on the rest is `unsupported` or `skipped`, with its reason.
fn runnable<'w>(
    work: &'w Work,
    book: &mut Book<'_>,
    sinks: &mut [Box<dyn Sink + '_>],
) -> Vec<(usize, Vec<Candidate<'w>>)> {
    let totals: Vec<(String, usize)> = work
        .domains
        .iter()
        .map(|d| (d.name.clone(), work.expanded.instances.len()))
        .collect();
    tell(sinks, &RunEvent::Begun(&totals));
    let mut all = Vec::new();
    for (position, domain) in work.domains.iter().enumerate() {
        let mut candidates = Vec::new();
        let bash = |eapi| domain.bash_for(eapi).path.clone();
        for candidate in Candidate::all(&work.expanded, &work.sites, bash) {
            let Some((verdict, reason)) = undone(domain, &candidate) else {
                candidates.push(candidate);
                continue;
            };
            for instance in work.instances(candidate.index) {
                let instance = book.enter_undone(position, instance, verdict, reason.clone());
                let event = RunEvent::Verdict {
                    domain: position,
                    instance: &instance,
                };
                tell(sinks, &event);
            }
        }
        all.push((position, candidates));
    }
    all
}

fn tell(sinks: &mut [Box<dyn Sink + '_>], event: &RunEvent<'_>) {
    for sink in sinks {
        sink.event(event);
    }
}

/// Why nothing is done for a build: the package manager cannot, or the machine.
fn undone(domain: &Domain, candidate: &Candidate<'_>) -> Option<(Verdict, String)> {
    if let Some(reason) = unsupported(domain, candidate) {
        return Some((Verdict::Unsupported, reason));
    }
    let needs = &candidate.build.build.needs;
    let missing = needs.iter().find(|program| !is_on_machine(program))?;
    let reason = format!("the machine has no program `{missing}`: install it");
    Some((Verdict::Skipped, reason))
}

/// Whether phases find the program: the testbed shows the machine's.
fn is_on_machine(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin"]
        .iter()
        .any(|dir| Path::new(dir).join(program).is_file())
}

fn unsupported(domain: &Domain, candidate: &Candidate<'_>) -> Option<String> {
    let eapi = candidate.build.eapi;
    if !domain.claims().contains(eapi) {
        return Some(format!("{} does not claim EAPI {eapi}", domain.name));
    }
    let build = &candidate.build.build;
    let mut steps = build.steps.iter();
    steps
        .find_map(|step| domain.adapter.lacks(step.operation))
        .or_else(|| domain.adapter.lacks_config(&build.config))
}

impl Work {
    fn new(
        suite: Arc<Suite>,
        expanded: Expanded,
        sites: Vec<Site>,
        domains: Arc<Vec<Domain>>,
        room: crate::domain::Room,
    ) -> Self {
        let checksums = expanded.builds.iter().zip(&sites).map(|(build, site)| {
            let mut asked = format!("{:?} {:?}", build.build.steps, build.build.config);
            asked.extend(build.build.input.iter().map(|text| format!(" {text:?}")));
            site.checksum(&asked)
        });
        let mut by_build = vec![Vec::new(); expanded.builds.len()];
        for (position, instance) in expanded.instances.iter().enumerate() {
            by_build[instance.build].push(position);
        }
        Self {
            checksums: checksums.collect(),
            by_build,
            suite,
            expanded,
            sites,
            domains,
            room,
        }
    }

    /// What every build is made of, by checksum.
    fn sources(&self) -> BTreeMap<String, Source> {
        let renderer = Renderer::new();
        let skeleton = renderer.skeleton();
        let entries = self.checksums.iter().zip(&self.sites);
        entries
            .map(|(checksum, site)| {
                (
                    checksum.clone(),
                    Source {
                        files: site.beyond(skeleton),
                    },
                )
            })
            .collect()
    }
}

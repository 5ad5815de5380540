//! The main way through the house: configuration, cases, instances, plan, loop, record.

use std::collections::BTreeMap;
use std::io;
use std::time::{Instant, SystemTime};

use miette::Diagnostic;
use pmsts_eclass_templates::{RenderError, Renderer, Site};
use pmsts_reports::record::{HostInfo, Results, Run, SCHEMA, Source, SuiteInfo, Timing};
use pmsts_testcases::{
    EapiSet, ExpandError, Expanded, GlobError, PMS_REVISION, Suite, SuiteError, Variant, Verdict,
    expand, select,
};

use crate::act::Actor;
use crate::adapter::{Adapter, AdapterError};
use crate::book::{Book, ms};
use crate::config::RunConfig;
use crate::control::{Control, ControlError};
use crate::domain::Domain;
use crate::event_loop::EventLoop;
use crate::plan::{Candidate, plan};
use crate::provision::bash::{self, Bash, BashVersion};
use crate::provision::{self, Provisioned, Provisioner};
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

fn system(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
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
    if expanded.instances.is_empty() {
        return Err(RunError::NothingChosen);
    }
    let renderer = Renderer::new();
    let sites = expanded.builds.iter().map(|build| renderer.site(build));
    let sites = sites.collect::<Result<_, _>>()?;
    Ok((expanded, sites))
}

/// Runs what is asked for, and gives the record of it.
pub fn run<'a>(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    sinks: impl FnOnce() -> Vec<Box<dyn Sink + 'a>>,
) -> Result<Results, RunError> {
    if !nix::unistd::geteuid().is_root() {
        return Err(RunError::NotRoot);
    }
    let (begun, started) = (Instant::now(), SystemTime::now());
    let suite = suite(config)?;
    let (expanded, sites) = prepare(&suite, config)?;
    let dir = RunDir::new().map_err(system("make a directory for the run"))?;
    let control = Control::listen(&dir.control(), config.socket.as_deref())?;
    let executable = std::env::current_exe().map_err(system("find the program's own file"))?;
    preflight(dir.path(), &executable).map_err(RunError::Testbed)?;
    let domains = domains(config, provisioner, &expanded)?;
    let work = Work::new(suite, expanded, sites, domains, config.room);

    let mut sinks = sinks();
    let mut book = Book::new(&work, pages(&work));
    let mut state = State::new(config.limits, config.jobs);
    for (domain, candidates) in runnable(&work, &mut book, &mut sinks) {
        let most = batch_size(candidates.len(), config);
        for batch in plan(domain, &candidates, &work.domains[domain].adapter, most) {
            let outline = work.outline(&batch);
            state.add(batch, outline);
        }
    }
    let actor = Actor::new(&work, book, sinks, dir.path(), config.jobs, executable)
        .map_err(system("make the lanes of the run"))?;
    let events =
        EventLoop::new(state, actor, control, begun).map_err(system("set the event loop up"))?;
    // From here on the loop hears signals; those that came before are known to the monitor alone.
    let (_, monitor) = provisioner.parts();
    if (monitor.cancelled)() {
        return Err(provision::Error::Interrupted.into());
    }
    let (state, actor) = events.run().map_err(system("wait for events"))?;
    let mut book = actor.into_book();
    if state.is_interrupted() {
        book.enter_unreached();
    }
    book.close(config.jobs);
    let runs = book.runs;
    Ok(Results {
        schema: SCHEMA,
        suite: suite_info(),
        host: host_info(),
        started: humantime::format_rfc3339_seconds(started).to_string(),
        duration_ms: ms(begun.elapsed()),
        interrupted: state.is_interrupted(),
        arguments: config.arguments.clone(),
        seed: config.selection.seed,
        sources: work.sources(),
        runs: runs
            .into_iter()
            .map(|run| Run {
                refused_messages: state.refused().clone(),
                ..run
            })
            .collect(),
    })
}

/// Enough batches for every lane to have several, so that they end together.
fn batch_size(builds: usize, config: &RunConfig) -> usize {
    builds
        .div_ceil(config.jobs.max(1) * 3)
        .clamp(1, config.batch.max(1))
}

/// Provisions every domain.
fn domains(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    expanded: &Expanded,
) -> Result<Vec<Domain>, RunError> {
    let specs = if config.pms.is_empty() {
        provisioner.defaults()
    } else {
        config.pms.clone()
    };
    let eapis: EapiSet = expanded.instances.iter().map(|i| i.eapi).collect();
    let mut domains: Vec<Domain> = Vec::new();
    for spec in specs {
        for provisioned in provisioner.install(&spec)? {
            let name = provisioned.spec.to_string();
            if domains.iter().any(|d| d.name == name) {
                continue;
            }
            let adapter = match config.adapters.iter().find(|a| a.name == provisioned.pm) {
                Some(adapter) => adapter.clone(),
                None => Adapter::embedded(&provisioned.pm)?,
            };
            let (bash, newer_bash) = domain_bash(
                config,
                provisioner,
                &provisioned,
                adapter.claims(&provisioned.version).and(eapis),
            )?;
            let (_, monitor) = provisioner.parts();
            let host_bash = bash::host(monitor)?.path;
            let host_bash = host_bash
                .canonicalize()
                .map_err(system("find the machine's Bash"))?;
            domains.push(Domain {
                name,
                provisioned,
                adapter,
                bash,
                newer_bash,
                host_bash,
            });
        }
    }
    Ok(domains)
}

/// The Bash of a domain and, where it is too old for some EAPI, a newer one for that. What runs
/// with the machine's own Bash is what its users see; a Bash that is newer than a release can be
/// the whole reason of a failure.
fn domain_bash(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    provisioned: &Provisioned,
    eapis: EapiSet,
) -> Result<(Bash, Option<Bash>), RunError> {
    let names: Vec<String> = eapis.iter().map(|e| e.to_string()).collect();
    let for_all = BashVersion::for_eapis(names.iter().map(String::as_str));
    let oldest = BashVersion::for_eapis(names.first().map(String::as_str));
    let own = provisioner
        .recipe(&provisioned.pm)?
        .minimum_bash(&provisioned.version);
    let (cache, monitor) = provisioner.parts();
    let bash = bash::provide(
        &config.bash,
        own.map_or(oldest, |own| own.max(oldest)),
        cache,
        monitor,
    )?;
    let newer = match config.bash {
        bash::Choice::Auto if bash.version < for_all => {
            Some(bash::provide(&config.bash, for_all, cache, monitor)?)
        }
        _ => None,
    };
    Ok((bash, newer))
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
            timing: Timing::default(),
            refused_messages: BTreeMap::new(),
            instances: Vec::new(),
            builds: Vec::new(),
        }
    };
    work.domains.iter().map(page).collect()
}

/// What each domain can run; the verdict on the rest is `unsupported`, with its reason.
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
            let Some(reason) = unsupported(domain, &candidate) else {
                candidates.push(candidate);
                continue;
            };
            for instance in work.instances(candidate.index) {
                let instance =
                    book.enter_undone(position, instance, Verdict::Unsupported, reason.clone());
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

fn unsupported(domain: &Domain, candidate: &Candidate<'_>) -> Option<String> {
    let eapi = candidate.build.eapi;
    if !domain.claims().contains(eapi) {
        return Some(format!("{} does not claim EAPI {eapi}", domain.name));
    }
    let steps = &candidate.build.build.steps;
    steps
        .iter()
        .find_map(|step| domain.adapter.lacks(step.operation))
}

fn suite_info() -> SuiteInfo {
    SuiteInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: option_env!("PMSTS_REVISION").map(str::to_owned),
        pms_revision: PMS_REVISION.to_owned(),
    }
}

fn host_info() -> HostInfo {
    let uname = nix::sys::utsname::uname();
    let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    HostInfo {
        kernel: uname
            .as_ref()
            .map(|u| text(u.release()))
            .unwrap_or_default(),
        system: name.unwrap_or("unknown").trim_matches('"').to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cores: std::thread::available_parallelism()
            .map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
    }
}

impl Work {
    fn new(
        suite: Suite,
        expanded: Expanded,
        sites: Vec<Site>,
        domains: Vec<Domain>,
        room: crate::domain::Room,
    ) -> Self {
        let checksums = expanded.builds.iter().zip(&sites).map(|(build, site)| {
            let asked = format!("{:?} {:?}", build.build.steps, build.build.config);
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

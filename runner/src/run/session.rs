//! A session: the private directory, the status socket and the provisioned targets, which several passes share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use pmsts_reports::record::{Results, SCHEMA, TargetRecord};
use pmsts_testcases::{EapiSet, Expanded};

use super::config::RunConfig;
use super::error::{RunError, system};
use super::targets;
use crate::engine::{Actor, Engine, Lanes};
use crate::presence::Presence;
use crate::presence::run_dir::RunDir;
use crate::provision::trees::{self, Tree};
use crate::provision::{self, Place, Provisioner};
use crate::record::Recorder;
use crate::record::host::{host_info, suite_info};
use crate::record::spent::ms;
use crate::schedule::State;
use crate::schedule::second_try::WantsAnotherTry;
use crate::schedule::work::Work;
use crate::target::Target;
use crate::testbed::{Choice, Ground, Ids, Within, preflight};
use crate::verdicts::{self, Earlier, Prior, Stores};

/// The state that several passes share.
pub struct Session<'p> {
    dir: RunDir,
    presence: Presence,
    stores: Stores,
    executable: PathBuf,
    _tree: Option<Tree>,
    pub(super) targets: Arc<Vec<Target>>,
    /// Records of the targets that cannot run.
    left_out: Vec<TargetRecord>,
    /// Whether the user interrupted while no event loop was running.
    cancelled: &'p dyn Fn() -> bool,
}

impl<'p> Session<'p> {
    /// Checks that this machine can open testbeds, and provisions the targets.
    pub fn open(
        config: &RunConfig,
        provisioner: &mut Provisioner<'p>,
        expanded: &Expanded,
    ) -> Result<Self, RunError> {
        let eapis = expanded.instances.iter().map(|i| i.eapi).collect();
        let (session, error) = Self::open_any(config, provisioner, eapis)?;
        match error {
            Some(error) if session.targets.is_empty() => Err(error),
            _ => Ok(session),
        }
    }

    /// The same for cases in these EAPIs, even if no target can run; also returns why the first one cannot.
    pub(super) fn open_any(
        config: &RunConfig,
        provisioner: &mut Provisioner<'p>,
        eapis: EapiSet,
    ) -> Result<(Self, Option<RunError>), RunError> {
        let dir = RunDir::new().map_err(system("make a directory for the run"))?;
        let presence = Presence::listen(&dir.socket(), config.socket.as_deref())?;
        let executable = std::env::current_exe().map_err(system("find the executable of pmsts"))?;
        let tree = other_system(config, &executable, provisioner)?;
        let ground = ground(config, dir.path(), &executable, tree.as_ref())?;
        if let Some(other) = &ground.tree {
            provisioner.look_in(Place::Other(other.clone()));
        }
        preflight(&ground, dir.path(), &executable).map_err(RunError::Testbed)?;
        let ground = Arc::new(ground);
        let provided = targets::provide(config, provisioner, eapis, &ground)?;
        let left_out = provided.left_out.iter();
        let (cache, monitor) = provisioner.parts();
        let session = Self {
            dir,
            presence,
            stores: Stores::open(config.cache.then_some(cache), &config.stores)?,
            executable,
            _tree: tree,
            targets: Arc::new(provided.targets),
            left_out: left_out.map(|it| it.record(&ground)).collect(),
            cancelled: monitor.cancelled,
        };
        Ok((session, provided.first_error))
    }

    /// Names of the targets.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.name.as_str())
    }

    /// The EAPIs that each target claims to support.
    pub(super) fn claims(&self) -> Vec<EapiSet> {
        self.targets.iter().map(Target::claims).collect()
    }

    /// Records of all targets without verdicts; those that cannot run have the reason.
    pub(super) fn all_records(&self) -> Vec<TargetRecord> {
        let able = self.targets.iter().map(Target::record);
        able.chain(self.left_out.iter().cloned()).collect()
    }

    /// Takes out the targets that cannot run, by position, and records them with the reason.
    pub(super) fn take_out(&mut self, reasons: &[Option<String>]) {
        let broken = self
            .targets
            .iter()
            .zip(reasons)
            .filter_map(|(target, reason)| {
                Some(TargetRecord {
                    broken: Some(reason.clone()?),
                    ..target.record()
                })
            });
        self.left_out.extend(broken);
        let mut reasons = reasons.iter();
        // No pass is running, so nothing else holds the targets.
        if let Some(targets) = Arc::get_mut(&mut self.targets) {
            targets.retain(|_| reasons.next().is_none_or(Option::is_none));
        }
    }

    /// Where to look for earlier verdicts.
    pub(super) fn earlier<'a>(&'a self, config: &'a RunConfig) -> Earlier<'a> {
        Earlier {
            stores: (config.cache || !config.stores.is_empty()).then_some(&self.stores),
            repeated: config.repeat > 1,
            resume: &config.resume,
            cases: config.cases.as_deref(),
            limits: config.limits,
            room: config.room,
        }
    }

    /// A record for each target, without verdicts yet.
    pub(super) fn records(&self, prior: &[Prior]) -> Vec<TargetRecord> {
        let record = |(target, prior): (&Target, &Prior)| TargetRecord {
            key: prior.key.clone(),
            ..target.record()
        };
        self.targets.iter().zip(prior).map(record).collect()
    }

    /// Makes the engine with its lanes. Once made, it receives signals; the monitor knows those that came before.
    pub(super) fn engine<'a>(
        &'a self,
        config: &RunConfig,
        (work, recorder): (&'a Work, Recorder<'a>),
        wants_another_try: WantsAnotherTry,
        begun: Instant,
    ) -> Result<Engine<'a>, RunError> {
        let lanes = Lanes {
            dir: self.dir.path(),
            count: config.jobs,
            executable: self.executable.clone(),
            room: config.room,
            retries: config.retries,
            wants_another_try,
            trace: config.trace,
        };
        let actor =
            Actor::new(work, recorder, lanes).map_err(system("set up the lanes of the run"))?;
        let engine = Engine::new(actor, config.jobs, &self.presence, begun)
            .map_err(system("set up the event loop"))?;
        if (self.cancelled)() {
            return Err(provision::Error::Interrupted.into());
        }
        Ok(engine)
    }

    /// Makes the record of a pass.
    pub(super) fn results(
        &self,
        config: &RunConfig,
        work: &Work,
        state: &State,
        mut targets: Vec<TargetRecord>,
        pass: &Pass,
    ) -> Results {
        if state.is_interrupted() && targets.iter().all(|target| target.key.is_none()) {
            let keys = verdicts::keys(&work.targets, &self.earlier(config));
            for (target, key) in targets.iter_mut().zip(keys) {
                target.key = key;
            }
        }
        for target in &mut targets {
            target.refused_messages = state.refused().clone();
            target.notes.extend(reused(target, config));
            let failed = self.stores.failed();
            target
                .notes
                .extend(failed.map(|e| format!("Verdicts could not be kept for later runs: {e}.")));
        }
        targets.extend(self.left_out.iter().cloned());
        Results {
            schema: SCHEMA,
            suite: suite_info(),
            host: host_info(),
            started: humantime::format_rfc3339_seconds(pass.started).to_string(),
            duration_ms: ms(pass.begun.elapsed()),
            interrupted: state.is_interrupted(),
            stopped: state.stopped().map(str::to_owned),
            arguments: config.arguments.clone(),
            seed: config.selection.seed,
            repeats: None,
            stores: self.stores.uses(),
            sources: work.sources(),
            targets,
        }
    }
}

impl Pass {
    /// Starts a pass now.
    pub(super) fn begin() -> Self {
        Self {
            begun: Instant::now(),
            started: SystemTime::now(),
        }
    }
}

/// The system that testbeds show in place of this machine, if the backend has one.
fn other_system(
    config: &RunConfig,
    executable: &Path,
    provisioner: &mut Provisioner<'_>,
) -> Result<Option<Tree>, RunError> {
    let Some(Choice::Tree(path)) = &config.testbed else {
        return Ok(None);
    };
    let ids = Ids::without_root();
    let (cache, monitor) = provisioner.parts();
    Ok(Some(trees::provide(
        path,
        (executable, ids.as_ref()),
        cache,
        monitor,
    )?))
}

fn ground(
    config: &RunConfig,
    dir: &Path,
    executable: &Path,
    tree: Option<&Tree>,
) -> Result<Ground, RunError> {
    let choice = config.testbed.clone().unwrap_or_else(Choice::own);
    if choice == Choice::Host && !config.disposable {
        return Err(RunError::NotDisposable);
    }
    let other = tree.map(|tree| Within::new(executable, Ids::without_root(), &tree.root));
    let mut ground = Ground::prepare(&choice, dir, other.as_ref())?;
    ground.digest = tree.and_then(|tree| tree.digest.clone());
    Ok(ground)
}

/// When a pass began.
pub(super) struct Pass {
    /// The start, to measure durations from.
    pub begun: Instant,
    /// The start, as a date.
    pub started: SystemTime,
}

/// A note for readers of the record about verdicts that come from earlier runs.
fn reused(run: &TargetRecord, config: &RunConfig) -> Option<String> {
    let all = run.instances.len();
    match run.instances.iter().filter(|i| i.reused.is_some()).count() {
        0 if (config.cache || !config.stores.is_empty()) && run.key.is_none() => Some(
            "No verdict is kept or reused: changes of a package manager that is installed on the machine cannot be detected.".to_owned(),
        ),
        0 => None,
        count => Some(format!("{count} of {all} verdicts are of observations of earlier runs, judged by the expectations of this one.")),
    }
}

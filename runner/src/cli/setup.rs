//! Options that all commands which run package managers have, and the provisioner of these commands.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::CliError;
use super::choice::ChoiceArgs;
use super::interrupts::Interrupts;
use super::provision_line::ProvisionLine;
use crate::adapter::Adapter;
use crate::provision::{Cache, Monitor, Provisioner, Recipe, Spec, bash};
use crate::record::known::Known;
use crate::run::config::RunConfig;
use crate::schedule::{Limits, StopEarly};
use crate::target::Room;
use crate::testbed;

/// The package managers, for commands that take several.
#[derive(Debug, Args)]
pub(super) struct PmsArgs {
    /// Package manager: portage@3.0.83, portage@latest, portage@3.0.60..3.0.83 (a range), portage (on PATH) or
    /// portage:DIR (a checkout); repeatable [default: those on PATH, else the newest Portage and pkgcore of the package
    /// index]
    #[arg(long, value_name = "SPEC")]
    pub(super) pm: Vec<Spec>,
}

/// Adapters in addition to the built-in ones.
#[derive(Debug, Args)]
pub(super) struct AdapterFiles {
    /// Adapter file for a package manager that is not built in; repeatable
    #[arg(long = "adapter", value_name = "FILE", value_hint = ValueHint::FilePath)]
    adapter: Vec<PathBuf>,
}

/// How many builds share one call of a package manager.
#[derive(Debug, Args)]
pub(super) struct BatchArgs {
    /// Number of builds that share one call of a package manager, at most
    #[arg(long, default_value_t = 24, value_name = "N")]
    batch: usize,
}

/// How package managers are run, and within which limits.
#[derive(Debug, Args)]
pub(super) struct SetupArgs {
    /// Bash that phases run in: auto (new enough for every EAPI selected), host, or a path
    #[arg(long, default_value = "auto", value_name = "BASH")]
    bash: bash::Choice,
    /// Testbed: overlay (needs root), user (the same without root), tree:PATH (another system: a directory, a tar archive
    /// or an OCI layout), prefix (an offset prefix) or host (no isolation) [default: overlay as root, else user]
    #[arg(long, value_name = "NAME[:ARGUMENT]")]
    testbed: Option<testbed::Choice>,
    /// Use Gentoo's program `sandbox`, where the root has it
    #[arg(long)]
    sandbox: bool,
    /// Allow --testbed host, which changes files of this machine
    #[arg(long)]
    this_machine_is_disposable: bool,
    /// Install releases with the newest dependencies, and not with those of the day on which they were published
    #[arg(long)]
    fresh_dependencies: bool,
    /// Number of testbeds at once [default: the number of cores]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Socket at which the run answers `pmsts status`; a second run with the same PATH does not start
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    socket: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Limits of time, space, processes and output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Time limit of one command of the package manager, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
    /// Time added to the limit for each ebuild of a command, in seconds; grows with the load of the machine
    #[arg(long, default_value_t = 15, value_name = "SECONDS")]
    timeout_per_build: u64,
    /// Time between SIGTERM and SIGKILL when a package manager must stop, in seconds
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    grace: u64,
    /// Limit of the scratch space of a testbed, in MiB
    #[arg(long, default_value_t = 1024, value_name = "MIB")]
    scratch: u64,
    /// Limit of the processes alive at once in a testbed
    #[arg(long, default_value_t = 1000, value_name = "N")]
    processes: u32,
    /// Limit of the output of one command, in MiB
    #[arg(long, default_value_t = 64, value_name = "MIB")]
    output_limit: u64,
    /// Let testbeds reach the network
    #[arg(long)]
    network: bool,
}

impl AdapterFiles {
    fn load(&self) -> Result<Vec<Adapter>, CliError> {
        let adapters = self.adapter.iter().map(|path| Adapter::load(path));
        Ok(adapters.collect::<Result<_, _>>()?)
    }
}

impl SetupArgs {
    /// The configuration of a run of the selected cases on these package managers.
    pub(super) fn config(&self, pms: &[Spec], choice: &ChoiceArgs) -> RunConfig {
        const MIB: u64 = 1024 * 1024;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let limits = &self.limits;
        RunConfig {
            pms: pms.to_vec(),
            fresh_dependencies: self.fresh_dependencies,
            bash: self.bash.clone(),
            testbed: self.testbed.clone(),
            sandbox: self.sandbox,
            disposable: self.this_machine_is_disposable,
            selection: choice.selection(),
            cases: choice.cases_dir.clone(),
            adapters: Vec::new(),
            // Several testbeds would lay their files over each other's.
            jobs: match self.testbed {
                Some(testbed::Choice::Host) => 1,
                _ => self.jobs.map_or(cores, usize::from),
            },
            batch: 1,
            only: None,
            cache: false,
            stores: Vec::new(),
            stores_required: false,
            resume: Vec::new(),
            repeat: 1,
            retries: 0,
            stop: StopEarly::default(),
            known: Known::default(),
            trace: false,
            orders: BTreeMap::new(),
            limits: Limits {
                step: Duration::from_secs(limits.timeout),
                build: Duration::from_secs(limits.timeout_per_build),
                grace: Duration::from_secs(limits.grace),
                output_bytes: limits.output_limit * MIB,
                facts: 20_000,
                fact_bytes: 32 * 1024 * 1024,
            },
            room: Room {
                scratch_bytes: limits.scratch * MIB,
                max_processes: limits.processes,
                network: limits.network,
            },
            socket: self.socket.clone(),
            arguments: super::arguments(),
        }
    }

    /// The same configuration, with adapters in addition to the built-in ones.
    pub(super) fn with_adapters(
        &self,
        pms: &[Spec],
        adapters: &AdapterFiles,
        choice: &ChoiceArgs,
    ) -> Result<RunConfig, CliError> {
        Ok(RunConfig {
            adapters: adapters.load()?,
            ..self.config(pms, choice)
        })
    }
}

impl BatchArgs {
    /// Sets how many builds share a call.
    pub(super) fn apply(&self, config: &mut RunConfig) {
        config.batch = self.batch;
    }
}

/// Calls `work` with a provisioner that knows the configured adapters. An interrupt cancels provisioning.
pub(super) fn provision<T>(
    config: &RunConfig,
    work: impl FnOnce(&mut Provisioner<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    provisioner(&config.adapters, |provisioner| {
        provisioner.fresh_dependencies(config.fresh_dependencies);
        work(provisioner)
    })
}

/// Calls `work` with a provisioner that knows these adapters, for commands that do not run cases.
pub(super) fn provisioner<T>(
    adapters: &[Adapter],
    work: impl FnOnce(&mut Provisioner<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let interrupts = Interrupts::catch();
    let mut line = ProvisionLine::new();
    let mut report = |progress| line.tell(&progress);
    let monitor = Monitor {
        report: &mut report,
        cancelled: &|| interrupts.came(),
    };
    let cache = Cache::from_env()?;
    let mut provisioner = Provisioner::new(cache, recipes(adapters), monitor);
    work(&mut provisioner)
}

/// The built-in recipes, and those of the adapters.
fn recipes(adapters: &[Adapter]) -> BTreeMap<String, Recipe> {
    let own = adapters
        .iter()
        .filter_map(|adapter| Some((adapter.name.clone(), adapter.find.clone()?)));
    Recipe::bundled().into_iter().chain(own).collect()
}

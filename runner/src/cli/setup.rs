//! The options that commands which run package managers have in common, and their provisioner.

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
use crate::run::config::RunConfig;
use crate::schedule::Limits;
use crate::target::Room;

/// The package managers of a command that takes several.
#[derive(Debug, Args)]
pub(super) struct PmsArgs {
    /// A package manager; repeatable. portage@3.0.83, portage@latest, portage@3.0.60..3.0.83 (a range), portage (on PATH),
    /// portage:DIR (a checkout). Without it, those on PATH, else the newest Portage and pkgcore of the registry
    #[arg(long, value_name = "SPEC")]
    pub(super) pm: Vec<Spec>,
}

/// Adapters beside the program's own.
#[derive(Debug, Args)]
pub(super) struct AdapterFiles {
    /// An adapter file for a package manager of your own; repeatable
    #[arg(long = "adapter", value_name = "FILE", value_hint = ValueHint::FilePath)]
    adapter: Vec<PathBuf>,
}

/// How many builds share a call.
#[derive(Debug, Args)]
pub(super) struct BatchArgs {
    /// Most builds in one call of a package manager
    #[arg(long, default_value_t = 24, value_name = "N")]
    batch: usize,
}

/// How package managers are run, and within which limits.
#[derive(Debug, Args)]
pub(super) struct SetupArgs {
    /// Bash of the phases: auto (new enough for every EAPI asked for), host, or a path
    #[arg(long, default_value = "auto", value_name = "BASH")]
    bash: bash::Choice,
    /// Testbeds side by side [default: the cores]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Listen at PATH for `pmsts status`; a second run with the same PATH stops
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    socket: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Limits that end what does not end by itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Time for a command of the package manager, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
    /// Time added for each build of a command, in seconds
    #[arg(long, default_value_t = 15, value_name = "SECONDS")]
    timeout_per_build: u64,
    /// Time between asking a package manager to stop and ending it, in seconds
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    grace: u64,
    /// Scratch space of a testbed, in MiB
    #[arg(long, default_value_t = 1024, value_name = "MIB")]
    scratch: u64,
    /// Processes of a testbed alive at once
    #[arg(long, default_value_t = 1000, value_name = "N")]
    processes: u32,
    /// Output of one command, in MiB
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
    /// What a run of the chosen cases on these package managers is asked to do.
    pub(super) fn config(&self, pms: &[Spec], choice: &ChoiceArgs) -> RunConfig {
        const MIB: u64 = 1024 * 1024;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let limits = &self.limits;
        RunConfig {
            pms: pms.to_vec(),
            bash: self.bash.clone(),
            selection: choice.selection(),
            cases: choice.cases_dir.clone(),
            adapters: Vec::new(),
            jobs: self.jobs.map_or(cores, usize::from),
            batch: 1,
            only: None,
            cache: false,
            resume: Vec::new(),
            repeat: 1,
            retries: 0,
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

    /// The same with adapters beside the program's own.
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
    /// Lets so many builds share a call.
    pub(super) fn apply(&self, config: &mut RunConfig) {
        config.batch = self.batch;
    }
}

/// Does something with a provisioner that knows the adapters given. An interrupt ends it.
pub(super) fn provision<T>(
    config: &RunConfig,
    work: impl FnOnce(&mut Provisioner<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    provisioner(&config.adapters, work)
}

/// The same where there is nothing to run.
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

/// The recipes of the program and of the adapters given.
fn recipes(adapters: &[Adapter]) -> BTreeMap<String, Recipe> {
    let own = adapters
        .iter()
        .filter_map(|adapter| Some((adapter.name.clone(), adapter.find.clone()?)));
    Recipe::bundled().into_iter().chain(own).collect()
}

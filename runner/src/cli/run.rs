//! `pmsts run`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};
use pmsts_reports::record::{Instance, Results};
use pmsts_reports::{html, junit, store, terminal};
use pmsts_testcases::{EapiChoice, Verdict};

use super::choice::ChoiceArgs;
use super::interrupts::Interrupts;
use super::progress::Progress;
use super::{CliError, Format, expectations, print, print_json, say, width};
use crate::adapter::Adapter;
use crate::config::RunConfig;
use crate::domain::Room;
use crate::exit_code::ExitCode;
use crate::provision::{Cache, Monitor, Provisioner, Recipe, Spec, bash};
use crate::run;
use crate::sink::Sink;
use crate::state::Limits;

/// Run cases on package managers, judge them against the PMS, and report
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunArgs {
    /// A package manager: portage@3.0.83, portage@latest, portage (on PATH), portage:DIR; repeatable.
    /// Without it, those on PATH, else the newest Portage and pkgcore of the registry
    #[arg(long, value_name = "SPEC")]
    pm: Vec<Spec>,
    /// Bash of the phases: auto (new enough for every EAPI asked for), host, or a path
    #[arg(long, default_value = "auto", value_name = "BASH")]
    bash: bash::Choice,
    /// An adapter file for a package manager of your own; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    adapter: Vec<PathBuf>,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Directory for results.json, report.html and junit.xml
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
    /// Ledger of known departures of one package manager; repeatable. What it knows does not fail the run
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    expectations: Vec<PathBuf>,
    /// Write what the run shows into the ledgers
    #[arg(long, requires = "expectations")]
    bless: bool,
    /// How standard output is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Testbeds side by side [default: the cores]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Most builds in one call of a package manager
    #[arg(long, default_value_t = 24, value_name = "N")]
    batch: usize,
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
    log: u64,
    /// Let testbeds reach the network
    #[arg(long)]
    network: bool,
}

const EXAMPLES: &str = "\
Examples:
  pmsts run                                          the newest Portage and pkgcore, every case
  pmsts run --pm portage@3.0.83 --output out         one release, with a report
  pmsts run --pm portage:. 'dosym*' --eapi 8         a checkout, some cases in one EAPI
  pmsts run --requirement 'ebuild-functions.*' --eapi all

Exit status: 0 nothing failed, 1 a package manager departs from the PMS, 2 wrong usage,
3 the harness or the set-up broke, 4 nothing ran, 130 interrupted.";

/// Does what `args` ask for.
pub(super) fn execute(args: &RunArgs) -> Result<ExitCode, CliError> {
    let config = config(args)?;
    if config.selection.eapis == EapiChoice::Random {
        say(&format!(
            "seed {}: repeat with --eapi random --seed {0}",
            config.selection.seed
        ));
    }
    if let Some(dir) = &args.output {
        // Better now than after the run.
        std::fs::create_dir_all(dir).map_err(|source| CliError::Output {
            path: dir.clone(),
            source,
        })?;
    }
    let interrupts = Interrupts::catch();
    let mut report = |progress| super::progress_line(&progress);
    let monitor = Monitor {
        report: &mut report,
        cancelled: &|| interrupts.came(),
    };
    let cache = Cache::from_env()?;
    let mut provisioner = Provisioner::new(cache, recipes(&config.adapters), monitor);
    let quiet = args.format == Format::Json;
    let sinks = || -> Vec<Box<dyn Sink>> { vec![Box::new(Progress::new(quiet))] };
    let ledgers = expectations::read(&args.expectations, args.bless)?;
    let mut results = run::run(&config, &mut provisioner, sinks)?;
    for run in &mut results.runs {
        expectations::annotate(&ledgers, run);
    }
    if args.format == Format::Json {
        print_json(&results);
    } else {
        print(&terminal::report(&results, width()));
    }
    if let Some(dir) = &args.output {
        write(&results, dir)?;
        if args.format == Format::Human {
            print(&format!(
                "\nreport: {}\n",
                dir.join("report.html").display()
            ));
        }
    }
    if args.bless {
        return expectations::bless(&ledgers, &results);
    }
    Ok(exit_code(&results))
}

fn config(args: &RunArgs) -> Result<RunConfig, CliError> {
    const MIB: u64 = 1024 * 1024;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let limits = &args.limits;
    let adapters = args.adapter.iter().map(|path| Adapter::load(path));
    Ok(RunConfig {
        pms: args.pm.clone(),
        bash: args.bash.clone(),
        selection: args.choice.selection(),
        cases: args.choice.cases_dir.clone(),
        adapters: adapters.collect::<Result<_, _>>()?,
        jobs: args.jobs.map_or(cores, usize::from),
        batch: args.batch,
        limits: Limits {
            step: Duration::from_secs(limits.timeout),
            build: Duration::from_secs(limits.timeout_per_build),
            grace: Duration::from_secs(limits.grace),
            output_bytes: limits.log * MIB,
            facts: 20_000,
            fact_bytes: 32 * 1024 * 1024,
        },
        room: Room {
            scratch_bytes: limits.scratch * MIB,
            max_processes: limits.processes,
            network: limits.network,
        },
        socket: args.socket.clone(),
        arguments: std::env::args().skip(1).collect(),
    })
}

/// The recipes of the program and of the adapters given.
fn recipes(adapters: &[Adapter]) -> BTreeMap<String, Recipe> {
    let own = adapters
        .iter()
        .filter_map(|adapter| Some((adapter.name.clone(), adapter.find.clone()?)));
    Recipe::bundled().into_iter().chain(own).collect()
}

fn write(results: &Results, dir: &Path) -> Result<(), CliError> {
    store::write(results, &dir.join("results.json")).map_err(|e| rescue(results, e))?;
    store::write_text(&junit::render(results), &dir.join("junit.xml"))?;
    store::write_text(
        &html::render(std::slice::from_ref(results))?,
        &dir.join("report.html"),
    )?;
    Ok(())
}

/// What a run found must not be lost because its place is full: it is kept where temporary files are.
fn rescue(results: &Results, error: store::StoreError) -> CliError {
    let kept = tempfile::Builder::new()
        .prefix("pmsts-results-")
        .suffix(".json")
        .tempfile()
        .and_then(|file| Ok(file.keep()?.1));
    match kept {
        Ok(path) if store::write(results, &path).is_ok() => CliError::Rescued { error, path },
        _ => error.into(),
    }
}

fn exit_code(results: &Results) -> ExitCode {
    let verdicts: Vec<Verdict> = results
        .runs
        .iter()
        .flat_map(|run| &run.instances)
        .map(|i| i.verdict)
        .collect();
    let ran = verdicts
        .iter()
        .any(|v| !matches!(v, Verdict::Skipped | Verdict::Unsupported));
    if results.interrupted {
        ExitCode::Interrupted
    } else if verdicts.contains(&Verdict::Error) || results.runs.iter().any(|r| r.broken.is_some())
    {
        ExitCode::Broken
    } else if !ran {
        ExitCode::NothingRan
    } else if results
        .runs
        .iter()
        .flat_map(|run| &run.instances)
        .any(Instance::fails_the_run)
    {
        ExitCode::Departs
    } else {
        ExitCode::Conforms
    }
}

//! The command line: `main` hands it the arguments, it hands back an exit status.

mod adapter;
mod bisect;
mod checkout;
mod choice;
mod ci;
mod compare;
mod complaint;
mod config;
mod doctor;
mod events;
pub mod exit_code;
mod explain;
mod given;
mod interrupts;
mod ledger;
mod ledgers;
mod list;
mod out;
mod pm;
mod probe;
mod progress;
mod provision_line;
mod report;
mod repro;
mod run;
mod sabotage;
mod setup;
mod status;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use miette::Diagnostic;

use crate::adapter::AdapterError;
use crate::cli::exit_code::ExitCode;
use crate::ledger::LedgerError;
use crate::provision::Error;
use crate::run::error::RunError;
use crate::trials::probe::ProbeError;
use crate::verdicts::VerdictsError;
use complaint::complain;
use out::{print, print_json, say, width};

/// Test Gentoo package managers against the Package Manager Specification
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Colours: auto (on a terminal), always or never
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// Options from FILE [default: pmsts.toml of the working directory, where there is one]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// A named set of options of that file
    #[arg(long, global = true, value_name = "NAME")]
    preset: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<run::RunArgs>),
    Bisect(Box<bisect::BisectArgs>),
    #[command(alias = "control")]
    Sabotage(Box<sabotage::SabotageArgs>),
    Report(report::ReportArgs),
    Compare(compare::CompareArgs),
    Explain(explain::ExplainArgs),
    Repro(repro::ReproArgs),
    List(list::ListArgs),
    Coverage(list::CoverageArgs),
    Repo(list::RepoArgs),
    Ledger(ledger::LedgerArgs),
    Probe(Box<probe::ProbeArgs>),
    Adapter(adapter::AdapterArgs),
    Pm(pm::PmArgs),
    Ci(ci::CiArgs),
    Config(config::ConfigArgs),
    Status(status::StatusArgs),
    Doctor(doctor::DoctorArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual's pages, one a command
    Man {
        /// Where to
        #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
        dir: PathBuf,
    },
}

/// How standard output is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// What ends a command.
#[derive(Debug, thiserror::Error, Diagnostic)]
enum CliError {
    #[error(transparent)]
    Provision(#[from] Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Suite(#[from] pmsts_testcases::SuiteError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Adapter(#[from] AdapterError),
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] config::ConfigError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Glob(#[from] pmsts_testcases::GlobError),
    #[error(transparent)]
    Expand(#[from] pmsts_testcases::ExpandError),
    #[error(transparent)]
    Render(#[from] pmsts_eclass_templates::RenderError),
    #[error(transparent)]
    Write(#[from] pmsts_eclass_templates::WriteError),
    #[error(transparent)]
    Store(#[from] pmsts_reports::store::StoreError),
    #[error(transparent)]
    Given(#[from] given::GivenError),
    #[error(transparent)]
    Script(#[from] crate::adapter::RenderError),
    #[error(transparent)]
    Html(#[from] pmsts_reports::formats::html::HtmlError),
    #[error("{error}; the results are kept in `{path}`")]
    Rescued {
        error: pmsts_reports::store::StoreError,
        path: PathBuf,
    },
    #[error("cannot write `{path}`: {source}")]
    Output { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Provision(Error::Interrupted)
            | Self::Run(RunError::Provision(Error::Interrupted)) => ExitCode::Interrupted,
            Self::Run(RunError::NothingChosen(_) | RunError::NothingAgain | RunError::Whole) => {
                ExitCode::NothingRan
            }
            Self::Usage(_)
            | Self::Suite(_)
            | Self::Expand(_)
            | Self::Glob(_)
            | Self::Config(_)
            | Self::Given(given::GivenError::Merge(_))
            | Self::Run(
                RunError::Glob(_)
                | RunError::Suite(_)
                | RunError::Expand(_)
                | RunError::NotRecorded(_)
                | RunError::Verdicts(VerdictsError::Changed { .. } | VerdictsError::Unknown { .. }),
            ) => ExitCode::Usage,
            _ => ExitCode::Broken,
        }
    }
}

/// The command line in force: as typed, with what a configuration adds.
static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// The arguments in force, for the record.
fn arguments() -> Vec<String> {
    let all = ARGUMENTS.get().into_iter().flatten().skip(1);
    all.map(|a| a.to_string_lossy().into_owned()).collect()
}

/// Reads the command line and does what it asks for.
pub fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let mut program = Cli::command();
    program.build();
    let matches = program.clone().get_matches_from(&typed);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let config = match config::Config::find(cli.config.as_deref(), cli.preset.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            complain(&CliError::from(error));
            return ExitCode::Usage;
        }
    };
    let all = config.apply(&typed, &program, &matches);
    let cli = Cli::parse_from(&all);
    let _ = ARGUMENTS.set(all);
    run(&cli, &config, &program)
}

/// Does what the command line asks for.
fn run(cli: &Cli, config: &config::Config, program: &clap::Command) -> ExitCode {
    match cli.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    let done = match &cli.command {
        Command::Run(args) => run::execute(args),
        Command::Bisect(args) => bisect::execute(args),
        Command::Sabotage(args) => sabotage::execute(args),
        Command::Report(args) => report::execute(args),
        Command::Compare(args) => compare::execute(args),
        Command::Explain(args) => explain::execute(args),
        Command::Repro(args) => repro::execute(args),
        Command::List(args) => list::list(args),
        Command::Coverage(args) => list::cover(args),
        Command::Repo(args) => list::repo(args),
        Command::Ledger(args) => ledger::execute(args),
        Command::Probe(args) => probe::execute(args),
        Command::Adapter(args) => adapter::execute(args),
        Command::Pm(args) => pm::execute(args)
            .map(|()| ExitCode::Conforms)
            .map_err(Into::into),
        Command::Ci(args) => ci::execute(args),
        Command::Config(args) => config::execute(args, config, program),
        Command::Status(args) => Ok(status::execute(args)),
        Command::Doctor(args) => doctor::execute(args)
            .map(|able| {
                if able {
                    ExitCode::Conforms
                } else {
                    ExitCode::Broken
                }
            })
            .map_err(Into::into),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "pmsts", &mut io::stdout());
            Ok(ExitCode::Conforms)
        }
        Command::Man { dir } => man(dir),
    };
    let code = done.unwrap_or_else(|error| {
        complain(&error);
        error.exit_code()
    });
    match out::lost() {
        Some(why) => {
            say(&format!("error: cannot write to standard output: {why}"));
            ExitCode::Broken
        }
        None => code,
    }
}

fn man(dir: &Path) -> Result<ExitCode, CliError> {
    let failed = |source| CliError::Output {
        path: dir.to_owned(),
        source,
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(failed)?;
    Ok(ExitCode::Conforms)
}

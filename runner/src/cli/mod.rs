//! The command line: parses the arguments, runs the command, and returns the exit status.

mod adapter;
mod bisect;
mod bug;
mod checkout;
mod choice;
mod ci;
mod compare;
mod complaint;
mod config;
mod date;
mod doctor;
mod events;
pub mod exit_code;
mod explain;
mod explore;
mod findings;
mod given;
mod history;
mod inputs;
mod inside;
mod interrupts;
mod ledger;
mod ledgers;
mod list;
mod map;
mod out;
mod places;
mod pm;
mod probe;
mod progress;
mod provision_line;
mod report;
mod repro;
mod run;
mod sabotage;
#[cfg(feature = "serve")]
mod serve;
mod setup;
mod spec;
mod status;
mod store;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use miette::Diagnostic;

use crate::adapter::AdapterError;
use crate::affected::RevisionError;
use crate::cli::exit_code::ExitCode;
use crate::ledger::LedgerError;
use crate::outer::OuterError;
use crate::provision::Error;
use crate::run::error::RunError;
use crate::trials::probe::ProbeError;
use crate::verdicts::VerdictsError;
use crate::verdicts::remote::{AutoError, PeerError};
use complaint::complain;
use out::{print, print_json, say, width};

/// Test Gentoo package managers against the Package Manager Specification
#[derive(Debug, Parser)]
#[command(version = crate::record::host::version(), propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Use of colours: auto (on a terminal), always or never
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// File with default options [default: pmsts.toml in the working directory, if it exists]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Preset to use from that file: a named set of options
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
    Findings(findings::FindingsArgs),
    Bug(Box<bug::BugArgs>),
    Date(Box<date::DateArgs>),
    Probe(Box<probe::ProbeArgs>),
    Map(Box<map::MapArgs>),
    Explore(Box<explore::ExploreArgs>),
    Adapter(adapter::AdapterArgs),
    Pm(pm::PmArgs),
    Ci(ci::CiArgs),
    Config(config::ConfigArgs),
    Spec(spec::SpecArgs),
    History(history::HistoryArgs),
    Store(store::StoreArgs),
    #[cfg(feature = "serve")]
    Serve(serve::ServeArgs),
    Status(status::StatusArgs),
    Doctor(doctor::DoctorArgs),
    /// Print the completion script for a shell
    Completions {
        /// Shell to complete in
        shell: Shell,
    },
    /// Write manual pages, one for each command
    Man {
        /// Directory to write to
        #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
        dir: PathBuf,
    },
}

/// The format of standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Human,
    /// JSON for programs
    Json,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// An error that ends a command.
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
    Outer(#[from] OuterError),
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error(transparent)]
    Revision(#[from] RevisionError),
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
    Database(#[from] pmsts_store::StoreError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Auto(#[from] AutoError),
    #[cfg(feature = "serve")]
    #[error(transparent)]
    Serve(#[from] pmsts_service::ServiceError),
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
    #[error("cannot read `{path}`: {source}")]
    Input { path: PathBuf, source: io::Error },
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
            | Self::Outer(OuterError::Empty | OuterError::Ssh)
            | Self::Database(pmsts_store::StoreError::Question(_))
            | Self::Suite(_)
            | Self::Expand(_)
            | Self::Glob(_)
            | Self::Config(_)
            | Self::Revision(_)
            | Self::Given(given::GivenError::Merge(_))
            | Self::Run(
                RunError::NotDisposable
                | RunError::Glob(_)
                | RunError::Suite(_)
                | RunError::Expand(_)
                | RunError::NotRecorded(_)
                | RunError::Verdicts(VerdictsError::Changed { .. } | VerdictsError::Unknown { .. }),
            ) => ExitCode::Usage,
            _ => ExitCode::Broken,
        }
    }
}

/// The complete command line: as typed, plus the options from the configuration.
static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// The complete command line without the program's name, for the record.
fn arguments() -> Vec<String> {
    let all = ARGUMENTS.get().into_iter().flatten().skip(1);
    all.map(|a| a.to_string_lossy().into_owned()).collect()
}

/// Parses the command line, and runs the command.
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

/// Runs the command.
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
        Command::Date(args) => date::execute(args),
        Command::Bug(args) => bug::execute(args),
        Command::Findings(args) => findings::execute(args),
        Command::Probe(args) => probe::execute(args),
        Command::Map(args) => map::execute(args),
        Command::Explore(args) => explore::execute(args),
        Command::Adapter(args) => adapter::execute(args),
        Command::Pm(args) => pm::execute(args),
        Command::Ci(args) => ci::execute(args),
        Command::Config(args) => config::execute(args, config, program),
        Command::Spec(args) => spec::execute(args),
        Command::History(args) => history::execute(args),
        Command::Store(args) => store::execute(args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::execute(args),
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

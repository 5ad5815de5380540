//! `pmsts ledger`: checks records against a ledger, without running anything.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use pmsts_reports::formats::terminal;

use super::{CliError, given, ledgers, print, width};
use crate::cli::exit_code::ExitCode;

/// Check results against the known departures of a ledger, or update the ledger from them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LedgerArgs {
    /// Ledger of one package manager
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Records, each a results.json or the directory that holds it; shards of a run are merged
    #[arg(value_name = "RESULTS", required = true, value_hint = ValueHint::AnyPath)]
    results: Vec<PathBuf>,
    /// Write the departures in the records into the ledger
    #[arg(long)]
    bless: bool,
}

const EXAMPLES: &str = "\
Examples:
  pmsts ledger ci/ledgers/portage.toml out                 what is new, changed or stale
  pmsts ledger ci/ledgers/portage.toml out-* --bless       update it from the shards of a run

Exit status: 0 every failure is known, 1 a failure is new or changed, or an entry is stale, 2 wrong usage, 3 the harness broke.";

/// Runs `pmsts ledger`.
pub(super) fn execute(args: &LedgerArgs) -> Result<ExitCode, CliError> {
    let ledgers = ledgers::read(std::slice::from_ref(&args.file), args.bless)?;
    let mut results = given::merged(&args.results)?;
    if args.bless {
        return ledgers::bless(&ledgers, &results);
    }
    let pm = &ledgers[0].1.pm;
    results.targets.retain(|run| run.pm == *pm);
    for target in &mut results.targets {
        ledgers::annotate(&ledgers, target);
    }
    print(&terminal::report(&results, width()));
    Ok(super::run::exit_code(&results))
}

//! `pmsts ledger`: checks records against a ledger, without running anything.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use pmsts_reports::formats::terminal::{self, Detail};

use super::ledgers::Ledgers;
use super::{CliError, given, print, width};
use crate::cli::exit_code::ExitCode;

/// Check results against the known findings of a ledger, or update the ledger from them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LedgerArgs {
    /// Ledger of one package manager
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Records, each a results.json or the directory that holds it; shards of a run are merged
    #[arg(value_name = "RESULTS", required = true, value_hint = ValueHint::AnyPath)]
    results: Vec<PathBuf>,
    /// Write the failures in the records into the ledger
    #[arg(long)]
    bless: bool,
    /// List every failure, known ones included, not only the new findings
    #[arg(long)]
    verbose: bool,
}

const EXAMPLES: &str = "\
Examples:
  pmsts ledger runner/ledgers/portage.toml out                 what is new, changed or stale
  pmsts ledger runner/ledgers/portage.toml out-* --bless       update it from the shards of a run

Exit status: 0 every failure is known, 1 a failure is new or changed, or an entry is stale, 2 wrong usage, 3 the harness broke.";

/// Runs `pmsts ledger`.
pub(super) fn execute(args: &LedgerArgs) -> Result<ExitCode, CliError> {
    let ledgers = Ledgers::one(&args.file, args.bless)?;
    let mut results = given::merged(&args.results)?;
    results.targets.retain(|run| ledgers.knows(&run.pm));
    ledgers.annotate(&mut results);
    if args.bless {
        return ledgers.bless(&results);
    }
    let detail = if args.verbose {
        Detail::Everything
    } else {
        Detail::NewFindings
    };
    print(&terminal::report(&results, width(), detail));
    Ok(super::run::exit_code(&results))
}

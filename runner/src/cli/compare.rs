//! `pmsts compare`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use pmsts_reports::compare::Comparison;
use pmsts_reports::formats::{html, terminal};
use pmsts_reports::store;

use super::{CliError, Format, given, print, print_json};
use crate::cli::exit_code::ExitCode;

/// Say what changed between two runs: what fails that did not, what passes that did not
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompareArgs {
    /// The old results.json, or the directory that holds it
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    old: PathBuf,
    /// The new results.json, or the directory that holds it
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    new: PathBuf,
    /// How standard output is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also write a page
    #[arg(short, long, value_name = "FILE.html", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Runs of the same package manager in the same version stand beside each other; else the only run of
a package manager beside its only run in the other record, so that two releases can be compared.

Exit status: 0 nothing is worse, 1 something fails that did not, 2 wrong usage, 3 a file cannot be read.";

/// Compares.
pub(super) fn execute(args: &CompareArgs) -> Result<ExitCode, CliError> {
    let comparison = Comparison::new(&given::results(&args.old)?, &given::results(&args.new)?);
    if let Some(path) = &args.output {
        let title = format!("From {} to {}", args.old.display(), args.new.display());
        store::write_text(&html::comparison(&comparison, &title)?, path)?;
    }
    match args.format {
        Format::Json => print_json(&comparison),
        Format::Human => print(&terminal::comparison(&comparison, super::width())),
    }
    Ok(if comparison.is_worse() {
        ExitCode::Departs
    } else {
        ExitCode::Conforms
    })
}

//! `pmsts compare`: prints what changed between two runs.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use pmsts_reports::compare::Comparison;
use pmsts_reports::formats::{html, terminal};
use pmsts_reports::store;

use super::{CliError, Format, given, print, print_json};
use crate::cli::exit_code::ExitCode;

/// Print what changed between two runs: new failures, and what passes now
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompareArgs {
    /// Old results.json, or the directory that holds it
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    old: PathBuf,
    /// New results.json, or the directory that holds it
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    new: PathBuf,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also write the comparison as HTML
    #[arg(short, long, value_name = "FILE.html", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
A package manager in one version is compared with the same version in the other record. If each record has a single \
run of a package manager, these two are compared whatever their versions, which compares two releases.

Exit status: 0 nothing got worse, 1 something fails that did not fail in OLD, 2 wrong usage, 3 a file cannot be read.";

/// Runs `pmsts compare`.
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

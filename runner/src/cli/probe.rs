//! `pmsts probe`: installs a user's ebuild on several package managers and shows what it observes on each.

use std::path::PathBuf;

use anstyle::Style;
use clap::{Args, ValueHint};
use indexmap::IndexSet;
use serde::Serialize;

use super::choice::ChoiceArgs;
use super::setup::{self, AdapterFiles, PmsArgs, SetupArgs};
use super::{CliError, Format, print, print_json};
use crate::cli::exit_code::ExitCode;
use crate::run::session::Session;
use crate::trials::probe::{Probed, differing, prepare, probe};

/// Install an ebuild of your own that inherits pmsts.eclass, and show what it observes on each package manager
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProbeArgs {
    /// Ebuild file, named NAME-VERSION.ebuild; a directory `files` beside it is its FILESDIR
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    ebuild: PathBuf,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    pms: PmsArgs,
    #[command(flatten)]
    adapters: AdapterFiles,
    #[command(flatten)]
    setup: SetupArgs,
}

const EXAMPLES: &str = "\
An ebuild to probe:
  EAPI=8
  inherit pmsts
  SLOT=0
  KEYWORDS=amd64
  S=${WORKDIR}
  src_install() { observe_variable D ED; observe umask \"$(umask)\"; }

Examples:
  pmsts probe try-1.ebuild                                       on the newest Portage and pkgcore
  pmsts probe try-1.ebuild --pm portage@3.0.60 --pm portage:.    a release beside a checkout

Exit status: 0 every package manager installed it, 1 one did not, 2 wrong usage, 3 the harness broke, 130 interrupted.";

#[derive(Debug, Serialize)]
struct Answer<'a> {
    /// Keys whose observations differ between package managers.
    differing: Vec<String>,
    targets: &'a [Probed],
}

/// Runs `pmsts probe`.
pub(super) fn execute(args: &ProbeArgs) -> Result<ExitCode, CliError> {
    let choice = ChoiceArgs::default();
    let config = args
        .setup
        .with_adapters(&args.pms.pm, &args.adapters, &choice)?;
    let (suite, expanded) = prepare(&args.ebuild)?;
    let all = setup::provision(&config, |provisioner| {
        let session = Session::open(&config, provisioner, &expanded)?;
        Ok(probe(&config, &session, suite, expanded)?)
    })?;
    match args.format {
        Format::Json => print_json(&Answer {
            differing: differing(&all),
            targets: &all,
        }),
        Format::Human => print(&table(&all)),
    }
    Ok(if all.iter().all(|p| p.outcome == "succeeded") {
        ExitCode::Conforms
    } else {
        ExitCode::Departs
    })
}

/// One line for each key on which all package managers agree; else one line for each package manager.
fn table(all: &[Probed]) -> String {
    let keys: IndexSet<&String> = all.iter().flat_map(|p| p.observations.keys()).collect();
    let mut text = String::new();
    text += &row("outcome", all, |p| p.outcome.clone());
    text += &row("phases", all, |p| p.phases.join(" "));
    for key in keys {
        text += &row(key, all, |p| {
            let values = p
                .observations
                .get(key)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let words: Vec<String> = values.iter().map(|v| format!("`{v}`")).collect();
            if words.is_empty() {
                "not observed".to_owned()
            } else {
                words.join(", ")
            }
        });
    }
    text
}

fn row(key: &str, all: &[Probed], cell: impl Fn(&Probed) -> String) -> String {
    let bold = Style::new().bold();
    let key = pmsts_testcases::Value::from(key).printable();
    let cells: Vec<String> = all.iter().map(&cell).collect();
    match cells.split_first() {
        Some((first, rest)) if rest.iter().all(|c| c == first) => {
            format!("  {bold}{key}{bold:#}  {first}\n")
        }
        _ => {
            let mut text = format!("≠ {bold}{key}{bold:#}\n");
            for (p, cell) in all.iter().zip(cells) {
                text += &format!("      {:<20} {cell}\n", p.target);
            }
            text
        }
    }
}

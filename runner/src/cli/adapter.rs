//! `pmsts adapter`: checks an adapter that somebody has written for a package manager.

use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand, ValueHint};

use super::choice::ChoiceArgs;
use super::setup::{self, SetupArgs};
use super::{CliError, Format, print, print_json};
use crate::adapter::Adapter;
use crate::cli::exit_code::ExitCode;
use crate::provision::Spec;
use crate::trials::adapter_check::{CheckState, Checked, check};

/// Check that an adapter drives its package manager as pmsts needs it
#[derive(Debug, Args)]
pub(super) struct AdapterArgs {
    #[command(subcommand)]
    command: AdapterCommand,
}

#[derive(Debug, Subcommand)]
enum AdapterCommand {
    /// Install, upgrade and remove test packages, let one die, one be refused and one never end; print what goes wrong
    #[command(after_help = EXAMPLES)]
    Check(Box<CheckArgs>),
}

const EXAMPLES: &str = "\
Examples:
  pmsts adapter check mine.toml --pm mine:/src/mine     the package manager in a checkout
  pmsts adapter check mine.toml                         the one on PATH

Exit status: 0 no check failed, 1 a check failed, 2 wrong usage, 3 the harness broke, 130 interrupted.";

#[derive(Debug, Args)]
struct CheckArgs {
    /// Adapter file to check
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Package manager to check it on: NAME (on PATH), NAME:DIR or NAME@RELEASE [default: the adapter's name, on PATH]
    #[arg(long, value_name = "SPEC")]
    pm: Option<Spec>,
    #[command(flatten)]
    setup: SetupArgs,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs `pmsts adapter`.
pub(super) fn execute(args: &AdapterArgs) -> Result<ExitCode, CliError> {
    let AdapterCommand::Check(args) = &args.command;
    let adapter = Adapter::load(&args.file)?;
    let on_path = || Spec::on_path(adapter.name.clone());
    let pm = args.pm.clone().unwrap_or_else(on_path);
    let mut config = args
        .setup
        .config(std::slice::from_ref(&pm), &ChoiceArgs::default());
    if let Some(other) = Some(pm).filter(|spec| spec.pm != adapter.name) {
        return Err(CliError::Usage(format!(
            "`{}` is the adapter of {}, not of {other}",
            args.file.display(),
            adapter.name
        )));
    }
    let eapis = adapter.all_eapis();
    config.adapters.push(adapter);
    let all = setup::provision(&config, |provisioner| {
        Ok(check(&config, provisioner, eapis)?)
    })?;
    match args.format {
        Format::Json => print_json(&all),
        Format::Human => all.iter().for_each(show),
    }
    Ok(if all.iter().any(|c| c.state == CheckState::Fails) {
        ExitCode::Departs
    } else {
        ExitCode::Conforms
    })
}

fn show(checked: &Checked) {
    let (word, colour) = match checked.state {
        CheckState::Ok => ("ok", AnsiColor::Green),
        CheckState::Lacks => ("lacks", AnsiColor::Yellow),
        CheckState::Fails => ("fails", AnsiColor::Red),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    print(&format!("{style}{word:<6}{style:#}{}\n", checked.what));
    if let Some(detail) = &checked.detail {
        let detail = pmsts_testcases::Value::from(detail.as_str()).printable();
        print(&format!("      {detail}\n"));
    }
}

//! `pmsts adapter`: writes the skeleton of an adapter, and checks one that somebody has written.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand, ValueHint};

use super::choice::ChoiceArgs;
use super::setup::{self, SetupArgs};
use super::{CliError, Format, print, print_json};
use crate::adapter::Adapter;
use crate::cli::exit_code::ExitCode;
use crate::provision::{Error, Source, Spec};
use crate::trials::adapter_check::{CheckState, Checked, check};

/// Start an adapter for a package manager, or check that one drives it as pmsts needs it
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
    /// Write the skeleton of an adapter, with an explanation of every key, to NAME.toml
    New {
        /// Name of the package manager
        name: String,
    },
}

const EXAMPLES: &str = "\
Examples:
  pmsts adapter new mine                                write mine.toml to fill in
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
    let args = match &args.command {
        AdapterCommand::Check(args) => args,
        AdapterCommand::New { name } => return write_new(name),
    };
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

/// Writes a skeleton. A file that exists is left alone.
fn write_new(name: &str) -> Result<ExitCode, CliError> {
    let spec: Spec = name.parse().map_err(Error::Spec)?;
    if spec.source != Source::Path {
        return Err(CliError::Usage(format!(
            "`{name}` is more than a name: give the name alone"
        )));
    }
    let text = Adapter::skeleton(name)?;
    let path = PathBuf::from(format!("{name}.toml"));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|source| CliError::Output {
        path: path.clone(),
        source,
    })?;
    print(&format!(
        "wrote {0}: fill it in, then run `pmsts adapter check {0}`\n",
        path.display()
    ));
    Ok(ExitCode::Conforms)
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
    for line in &checked.output {
        let line = pmsts_testcases::Value::from(line.as_str()).printable();
        print(&format!("      | {line}\n"));
    }
}

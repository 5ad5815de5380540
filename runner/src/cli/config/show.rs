//! `pmsts config`: shows the options that `pmsts.toml` sets.

use clap::{Args, Command, Subcommand};

use super::super::{CliError, print};
use super::{Config, Value};
use crate::cli::exit_code::ExitCode;

/// Show the options that pmsts.toml sets
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(in super::super) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the options of `pmsts run` without a command line: each value, and where it is set
    Show,
}

const EXAMPLE: &str = "\
A pmsts.toml, found in the working directory or named with --config:
  [targets]                        # names to use with --pm
  stable = \"portage@3.0.83\"
  mine = \"portage:.\"

  [defaults]                       # options as on the command line
  pm = [\"mine\", \"stable\"]
  eapi = \"latest\"
  [defaults.limits]
  timeout = 30

  [preset.ci]                      # --preset ci
  retries = 2
  ledger = [\"portage.toml\"]

Options: pm, bash, adapter, jobs, batch, eapi, partition, undefined, cases-dir, output, format, ledger, retries, \
flaky-fails; limits: timeout, timeout-per-build, grace, scratch, processes, output-limit, network. Paths are relative to the file.";

/// Runs `pmsts config`.
#[expect(clippy::unnecessary_wraps, reason = "all commands have this signature")]
pub(in super::super) fn execute(
    args: &ConfigArgs,
    config: &Config,
    program: &Command,
) -> Result<ExitCode, CliError> {
    let Action::Show = args.action;
    print(&shown(config, program));
    Ok(ExitCode::Conforms)
}

/// One line for each option of `pmsts run`.
pub(super) fn shown(config: &Config, program: &Command) -> String {
    let mut text = String::new();
    if let Some(path) = &config.path {
        text += &format!("# {}\n", path.display());
    }
    for (name, spec) in &config.targets {
        text += &format!("{:<20} {spec}\n", format!("target {name}"));
    }
    let run = program.find_subcommand("run");
    for arg in run.into_iter().flat_map(Command::get_arguments) {
        let Some(name) = arg.get_long() else { continue };
        if let Some(option) = config.options.get(name) {
            text += &format!(
                "{name:<20} {:<40} # {}\n",
                words(&option.value),
                option.from
            );
        } else if let [default] = arg.get_default_values() {
            text += &format!("{name:<20} {:<40} # default\n", default.to_string_lossy());
        }
    }
    text
}

fn words(value: &Value) -> String {
    match value {
        Value::Each(values) => values.join(" "),
        Value::Flag(flag) => flag.to_string(),
        Value::Paths(paths) => {
            let paths: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
            paths.join(" ")
        }
    }
}

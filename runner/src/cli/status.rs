//! `pmsts status`: shows what the runs on this machine do.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde::Serialize;

use super::{Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::presence;
use crate::presence::run_dir;

/// Show what the runs on this machine do now, and for how long
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusArgs {
    /// Socket of the run to ask [default: all runs in the temporary directory]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    socket: Option<PathBuf>,
    /// Cancel one build (dosym-relative@8) or one target (portage@3.0.83) of a run, which goes on; its verdict is skipped
    #[arg(long, value_name = "BUILD|TARGET")]
    cancel: Option<String>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  pmsts status
  pmsts status --cancel dosym-relative@8
  pmsts status --cancel portage@3.0.83

Exit status: 0 a run answered, 2 no run has what --cancel names, 4 there is no run.";

#[derive(Debug, Serialize)]
struct Living {
    socket: PathBuf,
    /// A line with counts, then a line for each running command.
    status: Vec<String>,
}

/// Runs `pmsts status`.
pub(super) fn execute(args: &StatusArgs) -> ExitCode {
    let sockets = match &args.socket {
        Some(socket) => vec![socket.clone()],
        None => run_dir::sockets(),
    };
    if let Some(name) = &args.cancel {
        return cancel(name, &sockets);
    }
    let living: Vec<Living> = sockets
        .into_iter()
        .filter_map(|socket| {
            let status = presence::status(&socket)?;
            let status = status.lines().map(|line| line.trim().to_owned()).collect();
            Some(Living { socket, status })
        })
        .collect();
    match args.format {
        Format::Json => print_json(&living),
        Format::Human => {
            for run in &living {
                print(&format!("{}\n", run.socket.display()));
                for line in &run.status {
                    print(&format!("  {line}\n"));
                }
            }
        }
    }
    if living.is_empty() {
        say("there is no run on this machine");
        ExitCode::NothingRan
    } else {
        ExitCode::Conforms
    }
}

/// Cancels what has this name in every run that has it.
fn cancel(name: &str, sockets: &[PathBuf]) -> ExitCode {
    let asked = sockets
        .iter()
        .filter_map(|socket| presence::cancel(socket, name));
    let asked: Vec<Result<(), String>> = asked.collect();
    if asked.iter().any(Result::is_ok) {
        return ExitCode::Conforms;
    }
    if let Some(why) = asked.into_iter().find_map(Result::err) {
        say(&format!("error: {why}; `pmsts status` shows what runs"));
        ExitCode::Usage
    } else {
        say("there is no run on this machine");
        ExitCode::NothingRan
    }
}

//! `pmsts status`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde::Serialize;

use super::{Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::presence;
use crate::presence::run_dir;

/// Tell what the runs of this machine do now, and since when
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 a run answered, 4 none runs.")]
pub(super) struct StatusArgs {
    /// Ask the run that listens there [default: all runs below the temporary directory]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    socket: Option<PathBuf>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Living {
    socket: PathBuf,
    /// A line of counts, then a line each of what runs.
    status: Vec<String>,
}

/// Does what `args` ask for.
pub(super) fn execute(args: &StatusArgs) -> ExitCode {
    let sockets = match &args.socket {
        Some(socket) => vec![socket.clone()],
        None => run_dir::sockets(),
    };
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
        say("no run is alive here");
        ExitCode::NothingRan
    } else {
        ExitCode::Conforms
    }
}

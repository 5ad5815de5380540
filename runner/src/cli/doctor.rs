//! `pmsts doctor`: checks what this machine can run.

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::{Format, interrupts::Interrupts, print, print_json};
use crate::{
    doctor::{Ability, Check, examine},
    provision::{Cache, Error, Monitor},
};

/// Check what this machine can run, and show what is missing, what is skipped without it, and how to get it
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs `pmsts doctor`; returns whether cases can run on this machine.
pub(super) fn execute(args: &DoctorArgs) -> Result<bool, Error> {
    let interrupts = Interrupts::catch();
    let mut monitor = Monitor {
        report: &mut |_| (),
        cancelled: &|| interrupts.came(),
    };
    let checks = examine(Cache::from_env(), &mut monitor)?;
    match args.format {
        Format::Json => print_json(&checks),
        Format::Human => checks.iter().for_each(show),
    }
    Ok(!checks.iter().any(|check| check.blocking))
}

fn show(check: &Check) {
    let (word, colour) = match check.state {
        Ability::Ok => ("ok", AnsiColor::Green),
        Ability::Missing => ("missing", AnsiColor::Yellow),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    print(&format!(
        "{style}{word:<8}{style:#}{}: {}\n",
        check.what, check.detail
    ));
    if let Some(skipped) = check.skipped {
        print(&format!("        skipped: {skipped}\n"));
    }
    if let Some(remedy) = check.remedy {
        print(&format!("        to do: {remedy}\n"));
    }
}

//! `pmsts doctor`: what this machine can do.

use anstream::println;
use anstyle::{AnsiColor, Style};
use clap::Args;

use super::{Format, interrupts::Interrupts, print_json};
use crate::{
    doctor::{Check, State, examine},
    provision::{Cache, Error, Monitor},
};

/// Say what this machine can do, and what is skipped for lack of what
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Does what `args` ask for; says whether cases can run on this machine.
pub(super) fn execute(args: &DoctorArgs) -> Result<bool, Error> {
    let interrupts = Interrupts::catch();
    let mut monitor = Monitor {
        report: &mut |_| (),
        cancelled: &|| interrupts.came(),
    };
    let checks = examine(Cache::from_env(), &mut monitor)?;
    match args.format {
        Format::Json => print_json(&checks),
        Format::Human => checks.iter().for_each(print),
    }
    Ok(!checks.iter().any(|check| check.blocking))
}

fn print(check: &Check) {
    let (word, colour) = match check.state {
        State::Ok => ("ok", AnsiColor::Green),
        State::Missing => ("missing", AnsiColor::Yellow),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    println!("{style}{word:<8}{style:#}{}: {}", check.what, check.detail);
    if let Some(skipped) = check.skipped {
        println!("        skipped: {skipped}");
    }
    if let Some(remedy) = check.remedy {
        println!("        to do: {remedy}");
    }
}

//! The command line.

mod doctor;
mod interrupts;
mod pm;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::provision::{Error, Progress};

/// Test a Gentoo package manager against the Package Manager Specification
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pm(pm::PmArgs),
    Doctor(doctor::DoctorArgs),
}

/// How standard output is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

/// Does what the command line asks for.
pub fn run(cli: &Cli) -> ExitCode {
    let done = match &cli.command {
        Command::Pm(args) => pm::execute(args).map(|()| true),
        Command::Doctor(args) => doctor::execute(args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            anstream::eprintln!("error: {error}");
            ExitCode::from(if matches!(error, Error::Interrupted) {
                130
            } else {
                3
            })
        }
    }
}

fn print_json(value: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    anstream::println!("{text}");
}

fn progress_line(progress: &Progress) {
    anstream::eprintln!("{progress}");
}

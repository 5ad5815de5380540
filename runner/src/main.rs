//! The program `pmsts`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    pmsts::cli::run(&pmsts::cli::Cli::parse())
}

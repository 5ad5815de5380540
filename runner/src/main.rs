//! The program `pmsts`.

use std::path::Path;
use std::process::ExitCode;

use pmsts::testbed::{STUB, WITHIN, run_within, stub};

fn main() -> ExitCode {
    // The stub is checked for first: it is started for every testbed, and must not do more than it needs to.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == STUB)
        && let (Some(spec), Some(runner)) = (arguments.next(), arguments.next())
        && let Some(runner) = runner.to_str().and_then(|pid| pid.parse().ok())
    {
        return ExitCode::from(stub::run(Path::new(&spec), runner));
    }
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == WITHIN => ExitCode::from(run_within(rest)),
        _ => pmsts::cli::main().into(),
    }
}

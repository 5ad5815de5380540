//! The program `pmsts`.

use std::path::Path;
use std::process::ExitCode;

use pmsts::testbed::{STUB, stub};

fn main() -> ExitCode {
    // The stub is checked for first: it is started for every testbed, and must not do more than it needs to.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == STUB)
        && let (Some(spec), Some(runner)) = (arguments.next(), arguments.next())
        && let Some(runner) = runner.to_str().and_then(|pid| pid.parse().ok())
    {
        return ExitCode::from(stub::run(Path::new(&spec), runner));
    }
    pmsts::cli::main().into()
}

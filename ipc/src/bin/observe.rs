//! The program `observe`: the client as an executable, which the runner embeds.

use std::env;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "--leash") {
        return ExitCode::from(pmsts_ipc::leash::run(arguments));
    }
    match pmsts_ipc::client::run(env::args_os().skip(1), io::stdin().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("observe: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}

//! The program `observe`: the client as an executable, which the runner embeds.

use std::env;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    match pmsts_ipc::client::run(env::args_os().skip(1), io::stdin().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("observe: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}

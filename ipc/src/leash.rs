//! The leash of a job on another machine: runs a command, and asks it to stop when the standard input closes. Whoever
//! started it holds the other end, so the job ends with them, however they end.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Time that the job has to end once nobody holds the leash.
const GRACE: Duration = Duration::from_secs(60);

/// How often to look whether the job has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The exit status where the job cannot be started.
const NOT_STARTED: u8 = 126;

/// What came through the standard input.
enum Asked {
    /// A byte: the job is asked to stop.
    Stop,
    /// The end: nobody holds the leash any more.
    LetGo,
}

/// Runs the command of these words until it ends, and returns its exit status.
pub fn run(mut words: impl Iterator<Item = OsString>) -> u8 {
    let Some(program) = words.next() else {
        eprintln!("observe: --leash needs a command");
        return NOT_STARTED;
    };
    let mut command = Command::new(&program);
    // A group of its own: what stops it must not stop the leash.
    command.args(words).stdin(Stdio::null()).process_group(0);
    match command.spawn() {
        Ok(job) => hold(job),
        Err(error) => {
            eprintln!("observe: {}: {error}", program.display());
            NOT_STARTED
        }
    }
}

fn hold(mut job: Child) -> u8 {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        while matches!(input.read(&mut [0]), Ok(1..)) {
            let _ = tell.send(Asked::Stop);
        }
        let _ = tell.send(Asked::LetGo);
    });
    let mut deadline = None;
    loop {
        if let Ok(Some(status)) = job.try_wait() {
            let code = status.code().or(status.signal().map(|signal| 128 + signal));
            return code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        }
        match told.recv_timeout(LOOK_EVERY) {
            Ok(Asked::Stop) => ask_to_stop(&job),
            Ok(Asked::LetGo) => {
                ask_to_stop(&job);
                deadline.get_or_insert(Instant::now() + GRACE);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(LOOK_EVERY),
        }
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            let _ = job.kill();
        }
    }
}

/// Sends SIGTERM. The standard library has no call for it, and every shell has one.
fn ask_to_stop(job: &Child) {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(format!("kill -TERM {}", job.id()));
    let _ = shell.stderr(Stdio::null()).status();
}

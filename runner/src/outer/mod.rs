//! Runs pmsts inside a testbed of somebody else: a chroot, container or virtual machine that one of autopkgtest's
//! virt-servers opens. pmsts copies itself in, runs there with its own testbeds, and fetches the record.
//!
//! The protocol has no command that ends a job, and to signal the program that runs one may leave the job alive. So the
//! job is on a leash: it ends when nobody holds its standard input any more.

mod protocol;
mod server;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::presence::Presence;
use crate::presence::run_dir::RunDir;
use crate::testbed::client::CLIENT;
use crate::testbed::in_own_session;
use server::Server;

/// How often to look whether the job has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Stands in the words of the job for the directory of the copied files.
pub const INSIDE: &str = "@inside@";

/// A run inside another testbed that could not be carried out.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum OuterError {
    #[error(
        "--in names no server: give one with its arguments, such as --in 'autopkgtest-virt-schroot sid'"
    )]
    Empty,
    #[error(
        "autopkgtest-virt-ssh turns the check of host keys off, which cannot be turned on again; run pmsts on the host by itself"
    )]
    Ssh,
    #[error("cannot start `{name}`: {why}; is Debian's package autopkgtest installed?")]
    Server { name: String, why: String },
    #[error("`{name}` did not {asked}: {why}")]
    Refused {
        name: String,
        asked: String,
        why: String,
    },
    #[error("cannot {what} in the other testbed: {why}")]
    Inside { what: String, why: String },
    #[error("cannot {what}: {source}")]
    System {
        what: &'static str,
        source: io::Error,
    },
}

/// What to do inside.
#[derive(Debug)]
pub struct Job {
    /// The server and its arguments.
    pub server: Vec<String>,
    /// The words of the command of pmsts, in which [`INSIDE`] stands for the directory of the copied files.
    pub words: Vec<String>,
    /// Files and directories to copy in; each is `@inside@/in-N/NAME`.
    pub copies: Vec<PathBuf>,
    /// Where the record goes.
    pub output: Option<PathBuf>,
    /// Another path at which the run answers `pmsts status`.
    pub socket: Option<PathBuf>,
}

/// Runs the job, and returns its exit status. `interrupted` tells each interrupt once.
pub fn run(job: &Job, interrupted: &dyn Fn() -> bool) -> Result<i32, OuterError> {
    let system = |what| move |source| OuterError::System { what, source };
    let dir = RunDir::new().map_err(system("make a directory for the run"))?;
    let presence = Presence::listen(&dir.socket(), job.socket.as_deref())
        .map_err(|e| system("listen")(io::Error::other(e.to_string())))?;
    let mut server = Server::start(&job.server)?;
    let ended = Inside::open(&mut server).and_then(|mut inside| {
        inside.copy_in(job, dir.path())?;
        let ended = inside.execute(job, &presence, interrupted);
        // Also after an interrupt: what is known counts.
        inside.fetch(job).and(ended)
    });
    let closed = server.close();
    let status = ended?;
    closed.map(|()| status)
}

/// An open testbed.
struct Inside<'a> {
    server: &'a mut Server,
    execute: Vec<String>,
    dir: String,
}

impl<'a> Inside<'a> {
    fn open(server: &'a mut Server) -> Result<Self, OuterError> {
        let scratch = server.open()?;
        let execute = server.execute_words()?;
        Ok(Self {
            server,
            execute,
            dir: format!("{scratch}/pmsts"),
        })
    }

    /// A command in the testbed, in a session of its own: a Ctrl+C is for the runner alone.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.execute[0]);
        command.args(&self.execute[1..]).args(words);
        in_own_session(&mut command);
        command
    }

    /// Runs a command that takes what a local one prints.
    fn pipe(from: &mut Command, to: &mut Command, what: &str) -> Result<(), OuterError> {
        let failed = |why: String| OuterError::Inside {
            what: what.to_owned(),
            why,
        };
        let system = |e: io::Error| failed(e.to_string());
        let mut from = from.stdout(Stdio::piped()).spawn().map_err(system)?;
        let out = from
            .stdout
            .take()
            .ok_or_else(|| failed("no output".to_owned()))?;
        let to = to.stdin(out).status().map_err(system)?;
        let from = from.wait().map_err(system)?;
        match [from, to].iter().find(|status| !status.success()) {
            None => Ok(()),
            Some(status) => Err(failed(format!("{status}; its messages are above"))),
        }
    }

    fn put(&self, from: &Path, to: &str) -> Result<(), OuterError> {
        let what = format!("put {}", from.display());
        let (dir, name) = match (from.is_dir(), from.parent(), from.file_name()) {
            (false, Some(dir), Some(name)) => (dir, name),
            _ => (from, ".".as_ref()),
        };
        // A script of one line: the server's program may start in any directory.
        let script = "mkdir -p \"$0\" && tar -C \"$0\" -xf -";
        Self::pipe(
            Command::new("tar")
                .arg("-C")
                .arg(dir)
                .args(["-cf", "-"])
                .arg(name),
            &mut self.command(&["sh", "-c", script, to]),
            &what,
        )
    }

    fn copy_in(&mut self, job: &Job, dir: &Path) -> Result<(), OuterError> {
        let system = |what| move |source| OuterError::System { what, source };
        let leash = dir.join("leash");
        fs::create_dir(&leash)
            .and_then(|()| fs::write(leash.join("leash"), CLIENT))
            .and_then(|()| {
                let program = std::env::current_exe()?;
                fs::copy(program, leash.join("pmsts")).map(drop)
            })
            .map_err(system("copy pmsts"))?;
        self.put(&leash, &self.dir)?;
        for (n, copy) in job.copies.iter().enumerate() {
            let mut to = format!("{}/in-{n}", self.dir);
            if let (true, Some(name)) = (copy.is_dir(), copy.file_name()) {
                to = format!("{to}/{}", name.display());
            }
            self.put(copy, &to)?;
        }
        let programs = ["leash", "pmsts"].map(|name| format!("{}/{name}", self.dir));
        let status = self
            .command(&["chmod", "755", &programs[0], &programs[1]])
            .status();
        status
            .map(drop)
            .map_err(system("run a command in the other testbed"))
    }

    /// Runs pmsts, and passes interrupts on.
    fn execute(
        &mut self,
        job: &Job,
        presence: &Presence,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<i32, OuterError> {
        let system = |source| OuterError::System {
            what: "run a command in the other testbed",
            source,
        };
        let dir = &self.dir;
        let [leash, pmsts, out] = ["leash", "pmsts", "out"].map(|name| format!("{dir}/{name}"));
        let words: Vec<String> = job
            .words
            .iter()
            .map(|word| word.replace(INSIDE, dir))
            .collect();
        let mut all = vec![leash.as_str(), "--leash", &pmsts];
        all.extend(words.iter().map(String::as_str));
        all.extend(["--output", &out]);
        let mut child = self
            .command(&all)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(system)?;
        let mut leash = child.stdin.take();
        self.server.is_busy(true);
        let status = loop {
            if let Some(status) = child.try_wait().map_err(system)? {
                break status;
            }
            if interrupted()
                && let Some(leash) = &mut leash
            {
                let _ = leash.write_all(b"t");
            }
            let state = format!("{:?}", self.server.state()).to_lowercase();
            presence.answer(&format!("in {}: {state}", job.server.join(" ")));
            thread::sleep(LOOK_EVERY);
        };
        self.server.is_busy(false);
        status.code().ok_or_else(|| OuterError::Inside {
            what: "run pmsts".to_owned(),
            why: status.to_string(),
        })
    }

    /// Fetches the record, if there is one.
    fn fetch(&mut self, job: &Job) -> Result<(), OuterError> {
        let (Some(output), out) = (&job.output, format!("{}/out", self.dir)) else {
            return Ok(());
        };
        let there = self.command(&["test", "-d", &out]).status();
        if !there.is_ok_and(|status| status.success()) {
            return Ok(());
        }
        Self::pipe(
            &mut self.command(&["tar", "-C", &out, "-cf", "-", "."]),
            Command::new("tar")
                .arg("-C")
                .arg(output)
                .args(["--no-same-owner", "-xf", "-"]),
            "fetch the record",
        )
    }
}

//! The work of PID 1: starts commands, watches their limits, and reaps all processes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::{Command as Process, Stdio};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::statvfs::{Statvfs, statvfs};
use nix::sys::wait::{WaitPidFlag, WaitStatus};
use nix::unistd::Pid;
use pmsts_testcases::FileSeen;

use super::processes;
use super::server::Server;
use crate::testbed::spec::{Command, Spec};
use crate::testbed::sys::{Ended, in_own_session, wait_any};
use crate::testbed::tree;
use crate::testbed::wire::{Exit, Limit, Lines, Notice, Order, Reading, send};

/// How often limits are checked while a command runs, in milliseconds.
const WATCH_MS: u16 = 100;

/// Below this many free bytes the scratch space counts as full.
const FULL_BYTES: u64 = 256 * 1024;

/// Below this many free inodes the scratch space counts as full, too.
const FULL_FILES: u64 = 64;

struct Running {
    pid: Pid,
    exit: Exit,
    cpu_us: u64,
}

/// Serves until the runner closes the control socket.
pub(super) fn serve(spec: &Spec, control: &UnixStream) -> io::Result<()> {
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGCHLD);
    mask.thread_block()?;
    let children = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    control.set_nonblocking(true)?;
    let mut lines = Lines::default();
    let mut running: Option<Running> = None;
    // Its thread inherits the signal mask, so that it does not get SIGCHLD.
    let server = match Server::start(&spec.served) {
        Ok(server) => server,
        Err(error) => {
            let step = "starting the testbed's server".to_owned();
            let error = error.to_string();
            return send(control, &Notice::SetupFailed { step, error });
        }
    };
    send(control, &Notice::Ready)?;
    loop {
        let wait = if running.is_some() {
            PollTimeout::from(WATCH_MS)
        } else {
            PollTimeout::NONE
        };
        let mut fds = [
            PollFd::new(control.as_fd(), PollFlags::POLLIN),
            PollFd::new(children.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, wait) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(e) => return Err(e.into()),
        }
        while matches!(children.read_signal(), Ok(Some(_))) {}
        if let Some(mut exit) = reap(&mut running) {
            exit.requests = server.take_requests();
            send(control, &Notice::Exited(exit))?;
        }
        loop {
            match lines.next(control)? {
                Reading::Message(order) => obey(order, &mut running, control)?,
                Reading::Later => break,
                Reading::Closed => return Ok(()),
            }
        }
        if let Some(command) = &mut running {
            watch(spec, command);
        }
    }
}

fn obey(order: Order, running: &mut Option<Running>, control: &UnixStream) -> io::Result<()> {
    match order {
        Order::Execute(command) => match start(&command) {
            Ok(started) => *running = Some(started),
            Err(error) => {
                let program = command.argv.first().cloned().unwrap_or_default();
                send(control, &Notice::NotStarted(format!("{program}: {error}")))?;
            }
        },
        Order::Cancel => {
            if let Some(command) = running.as_ref() {
                // It may have ended meanwhile.
                let _ = killpg(command.pid, Signal::SIGTERM);
                let _ = killpg(command.pid, Signal::SIGCONT);
            }
        }
        Order::Look(paths) => {
            let seen = look_at(paths).map_err(|error| error.to_string());
            send(control, &Notice::Seen(seen))?;
        }
    }
    Ok(())
}

/// What is at these paths; `DIR/*` stands for the regular files of a directory.
fn look_at(paths: Vec<String>) -> io::Result<BTreeMap<String, FileSeen>> {
    let root = File::open("/")?;
    let mut seen = BTreeMap::new();
    for path in paths {
        let all = match path.strip_suffix("/*") {
            Some(dir) => {
                let names = tree::files(root.as_fd(), dir)?.into_iter();
                names.map(|name| format!("{dir}/{name}")).collect()
            }
            None => vec![path],
        };
        for path in all {
            let file = tree::look(root.as_fd(), &path)
                .map_err(|error| io::Error::other(format!("{path}: {error}")))?;
            seen.insert(path, file);
        }
    }
    Ok(seen)
}

fn start(command: &Command) -> io::Result<Running> {
    let (program, arguments) = command
        .argv
        .split_first()
        .ok_or_else(|| io::Error::other("the command is empty"))?;
    let mut process = Process::new(program);
    process
        .args(arguments)
        .env_clear()
        .envs(&command.env)
        .stdin(standard_input(command.input.as_deref())?);
    process.current_dir(if command.cwd.is_empty() {
        "/"
    } else {
        &command.cwd
    });
    // std clears the signal mask of the new process.
    let child = in_own_session(&mut process).spawn()?;
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default());
    Ok(Running {
        pid,
        exit: Exit::default(),
        cpu_us: 0,
    })
}

/// A standard input that gives the text and then ends.
fn standard_input(text: Option<&str>) -> io::Result<Stdio> {
    let Some(text) = text else {
        return Ok(Stdio::null());
    };
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(text.as_bytes())?;
    Ok(reader.into())
}

/// Reaps ended processes. If the command is among them, kills the processes that it left behind.
fn reap(running: &mut Option<Running>) -> Option<Exit> {
    // A process that ends while no command runs belongs to no command.
    let mut ended = false;
    while let Ok(Some(one)) = wait_any(WaitPidFlag::WNOHANG) {
        if let Some(command) = running.as_mut() {
            ended |= command.take_in(&one);
        }
    }
    if !ended {
        return None;
    }
    let mut command = running.take()?;
    command.exit.left_over = processes::others();
    // Even if the count is 0: a process can escape it by forking.
    processes::reap_all(|one| {
        command.take_in(one);
    });
    command.exit.cpu_ms = command.cpu_us / 1000;
    Some(command.exit)
}

impl Running {
    /// Adds the resources that a process used; returns whether it was the command itself.
    fn take_in(&mut self, one: &Ended) -> bool {
        let times = [one.usage.ru_utime, one.usage.ru_stime];
        let us: i64 = times.map(|t| t.tv_sec * 1_000_000 + t.tv_usec).iter().sum();
        self.cpu_us += u64::try_from(us).unwrap_or_default();
        let rss_kib = u64::try_from(one.usage.ru_maxrss).unwrap_or_default();
        self.exit.max_rss_kib = self.exit.max_rss_kib.max(rss_kib);
        if one.pid != self.pid {
            return false;
        }
        match WaitStatus::from_raw(one.pid, one.status) {
            Ok(WaitStatus::Exited(_, code)) => self.exit.status = Some(code),
            Ok(WaitStatus::Signaled(_, signal, _)) => self.exit.signal = Some(signal as i32),
            _ => {}
        }
        true
    }
}

/// Kills all other processes when a limit is reached.
fn watch(spec: &Spec, command: &mut Running) {
    if command.exit.limit.is_some() {
        return;
    }
    let most = spec.max_processes;
    let limit = if processes::may_exceed(most) && processes::others() > most {
        Some(Limit::Processes)
    } else if statvfs("/tmp").is_ok_and(|s| is_full(&s)) {
        Some(Limit::Scratch)
    } else {
        None
    };
    if limit.is_some() {
        command.exit.limit = limit;
        processes::kill_others();
    }
}

fn is_full(scratch: &Statvfs) -> bool {
    scratch.blocks_available() * scratch.fragment_size() < FULL_BYTES
        || scratch.files_available() < FULL_FILES
}

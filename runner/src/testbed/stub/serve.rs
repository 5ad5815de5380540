//! PID 1 at work: starts commands, watches their limits, reaps everybody.

use std::fs;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::{Command as Process, Stdio};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::statvfs::statvfs;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::testbed::spec::{Command, Spec};
use crate::testbed::sys::in_own_session;
use crate::testbed::wire::{Exit, Limit, Lines, Notice, Order, Reading, send};

/// How often limits are looked at while a command runs, in milliseconds.
const WATCH_MS: u16 = 100;

/// Below this many free bytes the scratch space counts as full.
const FULL_BYTES: u64 = 256 * 1024;

struct Running {
    pid: Pid,
    limit: Option<Limit>,
    before: Option<Usage>,
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
        if let Some(exit) = reap(&mut running) {
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
        Order::Signal(number) => {
            if let (Some(command), Ok(signal)) = (running.as_ref(), Signal::try_from(number)) {
                // It may have ended meanwhile.
                let _ = killpg(command.pid, signal);
                let _ = killpg(command.pid, Signal::SIGCONT);
            }
        }
    }
    Ok(())
}

fn start(command: &Command) -> io::Result<Running> {
    let (program, arguments) = command
        .argv
        .split_first()
        .ok_or_else(|| io::Error::other("the command is empty"))?;
    let before = getrusage(UsageWho::RUSAGE_CHILDREN).ok();
    let mut process = Process::new(program);
    process
        .args(arguments)
        .env_clear()
        .envs(&command.env)
        .stdin(Stdio::null());
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
        limit: None,
        before,
    })
}

/// Reaps whoever ended. When it is the command, ends what it left behind.
fn reap(running: &mut Option<Running>) -> Option<Exit> {
    let mut exit = None;
    loop {
        match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(_) => break,
            Ok(status) => {
                let ended = running
                    .as_ref()
                    .is_some_and(|r| status.pid() == Some(r.pid));
                if ended && let Some(command) = running.take() {
                    exit = Some(ending(&command, status));
                }
            }
        }
    }
    if let Some(exit) = &mut exit {
        exit.left_over = sweep();
    }
    exit
}

fn ending(command: &Running, status: WaitStatus) -> Exit {
    let mut exit = Exit {
        limit: command.limit,
        ..Exit::default()
    };
    match status {
        WaitStatus::Exited(_, code) => exit.status = Some(code),
        WaitStatus::Signaled(_, signal, _) => exit.signal = Some(signal as i32),
        _ => {}
    }
    if let (Some(before), Ok(after)) = (&command.before, getrusage(UsageWho::RUSAGE_CHILDREN)) {
        exit.cpu_ms = cpu_ms(&after).saturating_sub(cpu_ms(before));
        exit.max_rss_kib = u64::try_from(after.max_rss()).unwrap_or_default();
    }
    exit
}

fn cpu_ms(usage: &Usage) -> u64 {
    let ms =
        [usage.user_time(), usage.system_time()].map(|t| t.tv_sec() * 1000 + t.tv_usec() / 1000);
    ms.iter()
        .map(|ms| u64::try_from(*ms).unwrap_or_default())
        .sum()
}

/// Ends every process but this one, and says how many there were.
fn sweep() -> u32 {
    let count = others();
    if count > 0 {
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
    }
    while waitpid(Pid::from_raw(-1), None).is_ok() {}
    count
}

/// Processes of the testbed that are alive, besides this one.
fn others() -> u32 {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let alive = entries.filter(|entry| {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|n| n.parse::<u32>().ok()) else {
            return false;
        };
        pid != 1 && !is_zombie(pid)
    });
    u32::try_from(alive.count()).unwrap_or(u32::MAX)
}

fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_none_or(|(_, rest)| rest.starts_with('Z'))
}

/// Ends everything when a limit is reached.
fn watch(spec: &Spec, command: &mut Running) {
    if command.limit.is_some() {
        return;
    }
    let entries = fs::read_dir("/proc").map_or(0, Iterator::count);
    let processes = u32::try_from(entries).unwrap_or(u32::MAX);
    // Cheap upper bound first: /proc holds other entries too.
    let limit = if processes > spec.max_processes && others() > spec.max_processes {
        Some(Limit::Processes)
    } else if statvfs("/tmp").is_ok_and(|s| s.blocks_available() * s.fragment_size() < FULL_BYTES) {
        Some(Limit::Scratch)
    } else {
        None
    };
    if limit.is_some() {
        command.limit = limit;
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
    }
}

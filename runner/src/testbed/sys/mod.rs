//! The system calls that have no safe wrapper. The only unsafe code of the crate.
#![expect(unsafe_code, reason = "fork, ioctl and pre_exec have no safe form")]

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{self, c_int, rusage};
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{ForkResult, Pid, fork, setsid};

/// Forks the stub.
pub(super) fn fork_stub() -> Result<ForkResult, Errno> {
    // SAFETY: the stub has one thread, so the child may do whatever the parent may.
    unsafe { fork() }
}

/// Lets the program run in a session of its own, without a controlling terminal.
pub(crate) fn in_own_session(command: &mut Command) -> &mut Command {
    // SAFETY: setsid is async-signal-safe and touches no memory.
    unsafe { command.pre_exec(|| setsid().map(drop).map_err(io::Error::from)) }
}

/// The same, and the program is asked to end (SIGTERM) when this process dies.
pub(crate) fn in_own_session_with_runner(command: &mut Command) -> &mut Command {
    let ask = || {
        setsid()?;
        prctl::set_pdeathsig(Signal::SIGTERM)
    };
    // SAFETY: setsid and prctl are async-signal-safe and touch no memory.
    unsafe { command.pre_exec(move || ask().map_err(io::Error::from)) }
}

/// Sets every signal to its default action, as ignored signals are inherited. SIGPIPE is left to std, which ignores it
/// here and resets it for commands.
pub(super) fn default_signals() -> Result<(), Errno> {
    let fixed = [Signal::SIGKILL, Signal::SIGSTOP, Signal::SIGPIPE];
    for one in Signal::iterator().filter(|s| !fixed.contains(s)) {
        // SAFETY: the default action runs no code of ours.
        unsafe { signal(one, SigHandler::SigDfl) }?;
    }
    Ok(())
}

/// Keeps commands from inheriting open files besides the standard ones.
pub(super) fn close_on_exec() -> io::Result<()> {
    // close_range could do this at once, on Linux 5.11 and later.
    let entries = fs::read_dir("/proc/self/fd")?.flatten();
    let open: Vec<libc::c_int> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // SAFETY: nothing is closed now, so every owner keeps its file; the listing's own is closed
        // already, which the call answers with an error.
        let _ = unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    Ok(())
}

/// A process that ended, with the resources that it and the children it waited for have used.
pub(super) struct Ended {
    pub(super) pid: Pid,
    pub(super) status: c_int,
    pub(super) usage: rusage,
}

/// Reaps one process, any.
pub(super) fn wait_any(flags: WaitPidFlag) -> Result<Option<Ended>, Errno> {
    let mut status = 0;
    let mut usage = MaybeUninit::<rusage>::zeroed();
    // SAFETY: both pointers are valid for writes.
    let pid = unsafe { libc::wait4(-1, &raw mut status, flags.bits(), usage.as_mut_ptr()) };
    // SAFETY: a rusage is numbers alone, for which zeroes are valid.
    let usage = unsafe { usage.assume_init() };
    let pid = Pid::from_raw(Errno::result(pid)?);
    Ok((pid.as_raw() > 0).then_some(Ended { pid, status, usage }))
}

nix::ioctl_write_ptr_bad!(set_interface_flags, libc::SIOCSIFFLAGS, libc::ifreq);

/// Brings the loopback interface of a new network namespace up.
pub(super) fn loopback_up() -> Result<(), Errno> {
    let socket = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    let mut name = [0; libc::IFNAMSIZ];
    for (to, from) in name.iter_mut().zip(b"lo") {
        *to = libc::c_char::try_from(*from).unwrap_or_default();
    }
    let flags = libc::c_short::try_from(libc::IFF_UP | libc::IFF_RUNNING).unwrap_or_default();
    let request = libc::ifreq {
        ifr_name: name,
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: flags },
    };
    // SAFETY: the request is a valid ifreq for SIOCSIFFLAGS and outlives the call.
    unsafe { set_interface_flags(socket.as_raw_fd(), &raw const request) }.map(drop)
}

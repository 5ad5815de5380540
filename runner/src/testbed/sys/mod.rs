//! The system calls that have no safe wrapper. The only unsafe code of the crate.
#![expect(unsafe_code, reason = "fork, ioctl and pre_exec have no safe form")]

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{ForkResult, fork, setsid};

/// Forks the stub.
pub(super) fn fork_stub() -> Result<ForkResult, Errno> {
    // SAFETY: the stub has one thread, so the child may do whatever the parent may.
    unsafe { fork() }
}

/// Lets the command run in a session of its own, without a controlling terminal.
pub(super) fn in_own_session(command: &mut Command) -> &mut Command {
    // SAFETY: setsid is async-signal-safe and touches no memory.
    unsafe { command.pre_exec(|| setsid().map(drop).map_err(io::Error::from)) }
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

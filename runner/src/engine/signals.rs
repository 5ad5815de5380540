//! Receives signals by a file descriptor that the event loop can wait for.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// To stop.
    Stop,
    /// To show what is running.
    Status,
}

/// The signals of a run. They are blocked while this value exists; then the mask is restored, so that an interrupt ends
/// the program as usual after the event loop.
#[derive(Debug)]
pub(super) struct Signals {
    fd: SignalFd,
    before: SigSet,
}

impl Signals {
    /// Blocks the signals. They are kept for [`Self::next`].
    pub(super) fn catch() -> io::Result<Self> {
        let mut mask = SigSet::empty();
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGUSR1,
        ] {
            mask.add(signal);
        }
        let before = mask.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let fd = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            .inspect_err(|_| {
                let _ = before.thread_set_mask();
            })?;
        Ok(Self { fd, before })
    }

    /// The next signal that came.
    pub(super) fn next(&self) -> Option<Asked> {
        let signal = self.fd.read_signal().ok().flatten()?;
        if i32::try_from(signal.ssi_signo) == Ok(Signal::SIGUSR1 as i32) {
            return Some(Asked::Status);
        }
        Some(Asked::Stop)
    }
}

impl AsRawFd for Signals {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_is_restored_when_the_loop_ends() {
        let before = SigSet::thread_get_mask().unwrap();
        let signals = Signals::catch().unwrap();
        assert!(SigSet::thread_get_mask().unwrap().contains(Signal::SIGINT));
        nix::sys::signal::raise(Signal::SIGUSR1).unwrap();
        assert_eq!(signals.next(), Some(Asked::Status));
        assert_eq!(signals.next(), None);
        drop(signals);
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    }
}

//! Testbeds: the isolation in which a target's commands run. One is opened, executes commands, and is closed.
//!
//! What every backend promises:
//! - a command runs in a session of its own, so a terminal's Ctrl+C reaches the runner alone;
//! - one command can be signalled without closing the testbed;
//! - when [`Testbed::gone`] is readable, every process of the testbed is gone;
//! - a runner killed by SIGKILL leaves no process and no mount behind;
//! - nothing on the host is written;
//! - one testbed's failure is that testbed's alone.

pub mod client;
mod overlay;
mod preflight;
pub mod spec;
pub mod stub;
mod sys;
pub mod tree;
mod wire;

use std::io;
use std::os::fd::BorrowedFd;

pub use overlay::{Overlay, STUB};
pub(crate) use preflight::preflight;
pub use wire::{Exit, Limit, Notice};

use spec::Command;

/// Name of the backend in records.
pub const OVERLAY: &str = "overlay";

/// An open testbed. No method blocks: file descriptors become readable when there is something to read.
pub trait Testbed {
    /// Readable when [`Self::notice`] has a notice.
    fn control(&self) -> BorrowedFd<'_>;
    /// The output of commands; reads do not block.
    fn output(&self) -> BorrowedFd<'_>;
    /// Readable when all processes of the testbed are gone.
    fn gone(&self) -> BorrowedFd<'_>;
    /// The next notice, until there is none.
    fn notice(&mut self) -> io::Result<Option<Notice>>;
    /// Starts a command; its end is a notice.
    fn execute(&mut self, command: &Command) -> io::Result<()>;
    /// Sends the running command's process group a signal.
    fn signal(&mut self, signal: i32) -> io::Result<()>;
    /// The root of the testbed, once it is ready.
    fn root(&self) -> Option<BorrowedFd<'_>>;
    /// Ends every process of the testbed at once.
    fn kill(&mut self);
}

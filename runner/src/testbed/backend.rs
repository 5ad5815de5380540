//! What every backend promises:
//! - a command runs in a session of its own, so a terminal's Ctrl+C reaches the runner alone;
//! - one command can be cancelled without closing the testbed;
//! - when [`Testbed::gone`] is readable, every process of the testbed is gone;
//! - a runner killed by SIGKILL leaves no process and no mount behind;
//! - one testbed's failure is that testbed's alone.
//!
//! Nothing of the machine is written either, except in the backend `host`, which has no isolation of files.

use std::io;
use std::os::fd::BorrowedFd;

use super::spec::Command;
use super::wire::Notice;

/// How far a testbed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being set up.
    Opening,
    /// It waits for a command.
    Open,
    /// A command runs, or files are being read.
    Busy,
    /// Its processes are being ended.
    Closing,
    /// Nothing of it is left.
    Gone,
}

/// An open testbed. No method blocks: file descriptors become readable when there is something to read.
pub trait Testbed: std::fmt::Debug {
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
    /// Asks what is at these paths (`DIR/*`: at the regular files of a directory); the answer is a notice. The testbed itself looks: the runner may not be allowed to
    /// read its files, or not reach them.
    fn look(&mut self, paths: Vec<String>) -> io::Result<()>;
    /// Asks the running command to stop (SIGTERM to its process group). The testbed stays open.
    fn cancel(&mut self) -> io::Result<()>;
    /// How far it is.
    fn state(&self) -> State;
    /// Ends every process of the testbed at once. It is gone when [`Self::gone`] is readable.
    fn close(&mut self);
}

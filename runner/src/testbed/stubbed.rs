//! Our end of a testbed whose other end is a stub on this machine.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::backend::{State, Testbed};
use super::spec::{Command, Spec};
use super::sys::in_own_session;
use super::wire::{Lines, Notice, Order, Reading, send};

/// A testbed whose stub runs on this machine.
#[derive(Debug)]
pub struct Stubbed {
    stub: Child,
    stub_pidfd: OwnedFd,
    first: Option<OwnedFd>,
    control: UnixStream,
    lines: Lines,
    output: OwnedFd,
    state: State,
    scratch: PathBuf,
}

/// The argument that makes the executable a stub.
pub const STUB: &str = "testbed-stub";

impl Stubbed {
    /// Starts a testbed below a private directory of the runner. A notice reports when it is ready. `executable` is
    /// the program pmsts itself.
    pub fn open(mut spec: Spec, dir: &Path, executable: &Path) -> io::Result<Self> {
        let scratch = dir.join("scratch");
        fs::create_dir_all(&scratch)?;
        spec.scratch.clone_from(&scratch);
        let spec_file = dir.join("spec.json");
        fs::write(&spec_file, serde_json::to_vec(&spec)?)?;
        let (control, theirs) = UnixStream::pair()?;
        control.set_nonblocking(true)?;
        // Only our end must not block: commands write to the other.
        let (output, write_end) = pipe_with(PipeFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&output, true)?;
        let mut program = Process::new(executable);
        program
            .arg(STUB)
            .arg(&spec_file)
            .arg(std::process::id().to_string())
            .env_clear()
            .stdin(OwnedFd::from(theirs))
            .stdout(write_end.try_clone()?)
            .stderr(write_end);
        let stub = in_own_session(&mut program).spawn()?;
        let stub_pidfd = pidfd(i32::try_from(stub.id()).unwrap_or_default())?;
        Ok(Self {
            stub,
            stub_pidfd,
            first: None,
            control,
            lines: Lines::default(),
            output,
            state: State::Opening,
            scratch,
        })
    }

    fn learn(&mut self, notice: &Notice) {
        match notice {
            Notice::Born(pid) => self.first = self.of_first(*pid, pidfd),
            Notice::Ready | Notice::Exited(_) | Notice::NotStarted(_) | Notice::Seen(_)
                if self.state != State::Closing =>
            {
                self.state = State::Open;
            }
            _ => {}
        }
    }

    /// Opens something of PID 1, such as its pidfd. PID 1 may have died, and its number may be another process's now;
    /// so this checks that its parent is the stub, which has no other child and keeps its own number until the runner
    /// waits for it.
    fn of_first(&self, pid: i32, open: impl Fn(i32) -> io::Result<OwnedFd>) -> Option<OwnedFd> {
        let opened = open(pid).ok()?;
        (parent_of(pid)? == self.stub.id()).then_some(opened)
    }
}

fn parent_of(pid: i32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("no process id"))?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

impl Testbed for Stubbed {
    fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    fn output(&self) -> BorrowedFd<'_> {
        self.output.as_fd()
    }

    fn gone(&self) -> BorrowedFd<'_> {
        self.stub_pidfd.as_fd()
    }

    fn notice(&mut self) -> io::Result<Option<Notice>> {
        match self.lines.next(&self.control)? {
            Reading::Message(notice) => {
                self.learn(&notice);
                Ok(Some(notice))
            }
            Reading::Later | Reading::Closed => Ok(None),
        }
    }

    fn execute(&mut self, command: &Command) -> io::Result<()> {
        send(&self.control, &Order::Execute(command.clone()))?;
        self.state = State::Busy;
        Ok(())
    }

    fn look(&mut self, paths: Vec<String>) -> io::Result<()> {
        send(&self.control, &Order::Look(paths))?;
        self.state = State::Busy;
        Ok(())
    }

    fn cancel(&mut self) -> io::Result<()> {
        send(&self.control, &Order::Cancel)
    }

    fn state(&self) -> State {
        if is_readable(&self.stub_pidfd) {
            State::Gone
        } else {
            self.state
        }
    }

    fn close(&mut self) {
        self.state = State::Closing;
        // When PID 1 is killed, its namespace ends, and the stub ends after reaping it. Before PID 1 is announced, it
        // dies with the stub.
        let target = self.first.as_ref().unwrap_or(&self.stub_pidfd);
        let _ = pidfd_send_signal(target, Signal::KILL);
    }
}

fn is_readable(pidfd: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

impl Drop for Stubbed {
    fn drop(&mut self) {
        self.close();
        let _ = self.stub.wait();
        let _ = fs::remove_dir(&self.scratch);
    }
}

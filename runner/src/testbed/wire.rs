//! The messages between runner and stub: one line of JSON each.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use pmsts_testcases::FileSeen;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::spec::Command;

/// How long the other side may take to accept a message.
const PATIENCE: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};

/// A message from the runner to the stub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    /// Run this command.
    Execute(Command),
    /// Ask the running command's process group to stop.
    Cancel,
    /// Tell what is at these paths.
    Look(Vec<String>),
}

/// A message from the stub to the runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// The first process of the testbed exists; this is its process id on the host.
    Born(i32),
    /// A step of the set-up failed; the testbed is gone.
    SetupFailed {
        /// The step, with the path it was about.
        step: String,
        /// The error of the system.
        error: String,
    },
    /// Commands can be executed.
    Ready,
    /// The command could not be started.
    NotStarted(String),
    /// The command ended.
    Exited(Exit),
    /// What is at the paths that were asked for, or why that cannot be told.
    Seen(Result<BTreeMap<String, FileSeen>, String>),
}

/// How a command ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit status, if it exited.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The limit for which it was killed.
    pub limit: Option<Limit>,
    /// Number of processes that it left behind, and that were killed.
    pub left_over: u32,
    /// Processor time of the command and all it started, in milliseconds.
    pub cpu_ms: u64,
    /// Paths requested from the testbed's server meanwhile, in order.
    pub requests: Vec<String>,
    /// Largest memory of one of its processes, in KiB.
    pub max_rss_kib: u64,
}

impl Exit {
    /// As text.
    pub fn words(&self) -> String {
        match (self.limit, self.status, self.signal) {
            (Some(limit), _, _) => limit.words().to_owned(),
            (None, Some(status), _) => format!("exit status {status}"),
            (None, None, Some(signal)) => format!("signal {signal}"),
            (None, None, None) => "an unknown end".to_owned(),
        }
    }
}

/// A limit of the testbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// Too many processes at once.
    Processes,
    /// The scratch space is full.
    Scratch,
}

impl Limit {
    /// As text.
    pub fn words(self) -> &'static str {
        match self {
            Self::Processes => "ended at the limit of processes",
            Self::Scratch => "ended as the scratch space was full",
        }
    }
}

/// Writes one whole message, also to a socket in non-blocking mode. A command line may be longer than its buffer, and
/// half a message would spoil all that follow. The other side always reads.
pub(super) fn send(socket: &UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut left = line.as_slice();
    while !left.is_empty() {
        let mut to = socket;
        match to.write(left) {
            Ok(count) => left = &left[count..],
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => await_room(socket)?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn await_room(socket: &UnixStream) -> io::Result<()> {
    let mut fds = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::OUT)];
    match poll(&mut fds, Some(&PATIENCE)) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Reads messages from a stream, also in non-blocking mode.
#[derive(Debug, Default)]
pub(super) struct Lines {
    arrived: Vec<u8>,
    /// How much of it is known to have no end of a line.
    searched: usize,
}

/// The result of reading.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading<T> {
    /// A message.
    Message(T),
    /// Nothing more for now.
    Later,
    /// The other side is gone.
    Closed,
}

impl Lines {
    /// The next message.
    pub(super) fn next<T: DeserializeOwned>(
        &mut self,
        mut from: impl Read,
    ) -> io::Result<Reading<T>> {
        loop {
            if let Some(at) = self.arrived[self.searched..]
                .iter()
                .position(|b| *b == b'\n')
            {
                let end = self.searched + at;
                self.searched = 0;
                let line: Vec<u8> = self.arrived.drain(..=end).collect();
                return Ok(Reading::Message(serde_json::from_slice(&line)?));
            }
            self.searched = self.arrived.len();
            let mut buffer = [0; 16 * 1024];
            match from.read(&mut buffer) {
                Ok(0) => return Ok(Reading::Closed),
                Ok(count) => self.arrived.extend_from_slice(&buffer[..count]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(Reading::Later),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(Reading::Closed),
                Err(e) => return Err(e),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_whatever_the_pieces() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        send(&ours, &Order::Cancel).unwrap();
        send(&ours, &Order::Look(Vec::new())).unwrap();
        drop(ours);
        let mut bytes = Vec::new();
        theirs.read_to_end(&mut bytes).unwrap();
        let mut lines = Lines::default();
        let (first, second) = bytes.split_at(5);
        assert_eq!(lines.next::<Order>(first).unwrap(), Reading::Closed);
        assert_eq!(lines.next(second).unwrap(), Reading::Message(Order::Cancel));
        assert_eq!(
            lines.next(&b""[..]).unwrap(),
            Reading::Message(Order::Look(Vec::new()))
        );
    }
}

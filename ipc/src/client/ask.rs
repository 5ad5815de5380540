//! Sends one request over a socket and reads its reply.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::codec::{DecodeError, Decoder, EncodeError, encode};
use crate::message::{Reply, Request};

/// How long to wait before trying a busy socket again.
const RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Why a request got no reply.
#[derive(Debug)]
pub enum AskError {
    /// The request cannot be encoded.
    Request(EncodeError),
    /// The connection could not be made, or broke.
    Connection(io::Error),
    /// The reply is malformed.
    Reply(DecodeError),
    /// The runner closed the connection without a reply that fits the request.
    HungUp,
    /// No reply came within this time.
    TimedOut(Duration),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Connection(error) => write!(f, "no connection: {error}"),
            Self::Reply(error) => write!(f, "bad answer: {error}"),
            Self::HungUp => write!(f, "hung up without an answer"),
            Self::TimedOut(timeout) => write!(f, "no answer within {} s", timeout.as_secs()),
        }
    }
}

impl Error for AskError {}

/// Sends the request to `socket` and returns the reply. After `timeout` a blocked thread may remain:
/// the standard library has no time limit for connecting to a socket whose backlog is full.
pub fn ask(socket: &Path, request: &Request, timeout: Duration) -> Result<Reply, AskError> {
    let socket = PathBuf::from(socket);
    let frame = encode(request).map_err(AskError::Request)?;
    let (sender, receiver) = mpsc::channel();
    // The receiver is gone once the time is over.
    let converse = move || drop(sender.send(converse(&socket, &frame)));
    let thread = thread::Builder::new().spawn(converse);
    thread.map_err(AskError::Connection)?;
    let answer = receiver.recv_timeout(timeout);
    answer.unwrap_or(Err(AskError::TimedOut(timeout)))
}

fn converse(socket: &Path, frame: &[u8]) -> Result<Reply, AskError> {
    let mut stream = connect(socket).map_err(AskError::Connection)?;
    let written = stream.write_all(frame);
    // A runner that refuses before it has read everything breaks the pipe, but its answer is there.
    match (read_reply(&mut stream), written) {
        (Ok(reply), _) => Ok(reply),
        (Err(_), Err(error)) => Err(AskError::Connection(error)),
        (Err(error), Ok(())) => Err(error),
    }
}

fn connect(socket: &Path) -> io::Result<UnixStream> {
    loop {
        match UnixStream::connect(socket) {
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                thread::sleep(RETRY_INTERVAL);
            }
            outcome => return outcome,
        }
    }
}

fn read_reply(stream: &mut UnixStream) -> Result<Reply, AskError> {
    let mut decoder = Decoder::new();
    let mut buffer = [0; 2048];
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) => {
                return Err(decoder
                    .finish()
                    .map_or_else(AskError::Reply, |()| AskError::HungUp));
            }
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(AskError::Connection(error)),
        };
        let reply = decoder.decode(&mut &buffer[..count]);
        if let Some(reply) = reply.map_err(AskError::Reply)? {
            return Ok(reply);
        }
    }
}

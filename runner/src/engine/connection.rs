//! One connection of a phase: bytes in, one message, one reply out.

use std::io::{self, Read, Write};
use std::time::Duration;

use mio::net::UnixStream;
use pmsts_ipc::codec::{Decoder, encode};
use pmsts_ipc::message::{Message, Reply, Request};

/// A connection that says nothing for so long is closed.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// A connection of a phase.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The stream, for the poll.
    pub stream: UnixStream,
    /// The lane whose socket it came by; none by the run's own.
    pub lane: Option<usize>,
    /// When it came, since the run's begin.
    pub since: Duration,
    decoder: Decoder<Request>,
}

/// What reading a connection came to.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The request is not whole yet.
    Nothing,
    /// A report.
    Message(Message),
    /// Somebody asks whether we are alive.
    Ping,
    /// It is over: why, where that is to be counted.
    Closed(Option<String>),
}

impl Connection {
    /// A connection that came now.
    pub(crate) fn new(stream: UnixStream, lane: Option<usize>, now: Duration) -> Self {
        Self {
            stream,
            lane,
            since: now,
            decoder: Decoder::new(),
        }
    }

    /// Reads what has come.
    pub(crate) fn read(&mut self) -> Heard {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Heard::Closed(self.decoder.finish().err().map(|e| e.to_string())),
                Ok(count) => {
                    let mut input = &buffer[..count];
                    match self.decoder.decode(&mut input) {
                        Ok(Some(Request::Ping)) => return Heard::Ping,
                        Ok(Some(Request::Observe(message))) => return Heard::Message(message),
                        Ok(None) => {}
                        Err(error) => return Heard::Closed(Some(error.to_string())),
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Heard::Nothing,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // The peer went away: its own loss.
                Err(_) => return Heard::Closed(None),
            }
        }
    }

    /// Answers. A reply is short: a peer that does not take it at once does not want it.
    pub(crate) fn reply(&mut self, reply: &Reply) {
        if let Ok(frame) = encode(reply) {
            let _ = self.stream.write_all(&frame);
        }
    }
}

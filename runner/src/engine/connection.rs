//! One connection of a phase: receives one message, and sends one reply.

use std::io::{self, Read, Write};
use std::time::Duration;

use mio::net::UnixStream;
use pmsts_ipc::codec::{Decoder, encode};
use pmsts_ipc::message::{Message, Reply, Request};

/// A connection that sends nothing for this long is closed.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// A connection of a phase.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The stream, for the poll.
    pub stream: UnixStream,
    /// The lane whose socket it came by; `None` for the socket of the run.
    pub lane: Option<usize>,
    /// When it came, since the start of the run.
    pub since: Duration,
    decoder: Decoder<Request>,
}

/// The result of reading a connection.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The request is not complete yet.
    Nothing,
    /// A message of a phase.
    Message(Message),
    /// A ping, which asks for the status of the run.
    Ping,
    /// A wish to cancel what has this name.
    Cancel(String),
    /// The connection is over; with a reason, if that must be counted.
    Closed(Option<String>),
}

impl Connection {
    /// Takes a connection that came now.
    pub(crate) fn new(stream: UnixStream, lane: Option<usize>, now: Duration) -> Self {
        Self {
            stream,
            lane,
            since: now,
            decoder: Decoder::new(),
        }
    }

    /// Reads the bytes that have arrived.
    pub(crate) fn read(&mut self) -> Heard {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Heard::Closed(self.decoder.finish().err().map(|e| e.to_string())),
                Ok(count) => {
                    let mut input = &buffer[..count];
                    match self.decoder.decode(&mut input) {
                        Ok(Some(Request::Ping)) => return Heard::Ping,
                        Ok(Some(Request::Cancel(name))) => return Heard::Cancel(name),
                        Ok(Some(Request::Observe(message))) => return Heard::Message(message),
                        Ok(None) => {}
                        Err(error) => return Heard::Closed(Some(error.to_string())),
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Heard::Nothing,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // The peer has closed the connection, and needs no answer.
                Err(_) => return Heard::Closed(None),
            }
        }
    }

    /// Sends a reply. It is short, so a peer that does not take it at once does not get it.
    pub(crate) fn reply(&mut self, reply: &Reply) {
        if let Ok(frame) = encode(reply) {
            let _ = self.stream.write_all(&frame);
        }
    }
}

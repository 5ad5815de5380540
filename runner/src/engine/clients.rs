//! The clients of the sockets: accepts connections, reads messages, answers, and keeps clients that hang from keeping
//! others out.

use std::io;

use mio::{Interest, Token};
use pmsts_ipc::message::Reply;

use super::connection::{Connection, Heard};
use super::event_loop::Engine;
use crate::schedule::{Event, State};

/// Most connections of one lane at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 128;

/// What to do after an accept that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepting {
    /// No other client waits.
    Through,
    /// That client is gone; others may wait.
    Next,
    /// The system lacks a resource for now. Readiness will not be announced again, so try later.
    Later,
}

fn after_accept(error: &io::Error) -> Accepting {
    match error.kind() {
        io::ErrorKind::WouldBlock => Accepting::Through,
        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => Accepting::Next,
        _ => Accepting::Later,
    }
}

impl Engine<'_> {
    pub(super) fn accept(
        &mut self,
        lane: Option<usize>,
        state: &State,
        events: &mut Vec<Event>,
    ) -> io::Result<()> {
        loop {
            self.make_room(lane, events);
            let listener = match lane {
                Some(lane) => self.actor.listener(lane),
                None => &self.presence.listener,
            };
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(e) => match after_accept(&e) {
                    Accepting::Through => return Ok(()),
                    Accepting::Next => continue,
                    Accepting::Later => {
                        events.push(refused("a connection could not be accepted at once"));
                        self.crowded.insert(lane);
                        return Ok(());
                    }
                },
            };
            // The mode of its file protects the socket of the run.
            if lane.is_some_and(|lane| !self.actor.admits(lane, &stream)) {
                events.push(refused("the peer is neither root nor the build user"));
                continue;
            }
            let token = Token(self.next_token);
            self.next_token += 1;
            self.poll
                .registry()
                .register(&mut stream, token, Interest::READABLE)?;
            let connection = Connection::new(stream, lane, self.begun.elapsed());
            self.connections.insert(token, connection);
            // It may have sent its message already.
            self.hear(token, state, events);
        }
    }

    /// Closes the oldest connection if there are too many: a client that hangs must not keep others out.
    fn make_room(&mut self, lane: Option<usize>, events: &mut Vec<Event>) {
        let of_lane = || self.connections.iter().filter(|(_, c)| c.lane == lane);
        if of_lane().count() < CONNECTIONS {
            return;
        }
        if let Some(token) = of_lane().min_by_key(|(_, c)| c.since).map(|(t, _)| *t) {
            events.push(refused("too many connections at once"));
            self.close(token);
        }
    }

    pub(super) fn hear(&mut self, token: Token, state: &State, events: &mut Vec<Event>) {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        let lane = connection.lane;
        match (connection.read(), lane) {
            (Heard::Nothing, _) => return,
            (Heard::Message(message), Some(lane)) => {
                // It stays open until the state has accepted or refused the message.
                let from = token.0;
                events.push(Event::Heard {
                    lane,
                    from,
                    message,
                });
                return;
            }
            (Heard::Message(_), None) => {
                connection.reply(&Reply::refused("this socket takes no observations"));
            }
            (Heard::Ping, None) => {
                let status = self.actor.status(state, now);
                connection.reply(&Reply::pong(status));
            }
            // An ebuild does not get the status of the run.
            (Heard::Ping, Some(_)) => connection.reply(&Reply::pong(String::new())),
            (Heard::Closed(None), _) => {}
            (Heard::Closed(Some(reason)), _) => {
                events.push(refused(&reason));
                connection.reply(&Reply::refused(reason));
            }
        }
        self.close(token);
    }

    pub(super) fn answer(&mut self, token: Token, refused: Option<String>) {
        if let Some(connection) = self.connections.get_mut(&token) {
            connection.reply(&refused.map_or(Reply::Accepted, Reply::refused));
        }
        self.close(token);
    }

    pub(super) fn close(&mut self, token: Token) {
        if let Some(mut connection) = self.connections.remove(&token) {
            let _ = self.poll.registry().deregister(&mut connection.stream);
        }
    }
}

pub(super) fn refused(reason: &str) -> Event {
    Event::Refused(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_queue_ends_accepting_for_good() {
        let after = |code| after_accept(&io::Error::from_raw_os_error(code));
        assert_eq!(after(nix::libc::EAGAIN), Accepting::Through);
        assert_eq!(after(nix::libc::ECONNABORTED), Accepting::Next);
        assert_eq!(after(nix::libc::EINTR), Accepting::Next);
        assert_eq!(after(nix::libc::EMFILE), Accepting::Later);
        assert_eq!(after(nix::libc::ENOBUFS), Accepting::Later);
    }
}

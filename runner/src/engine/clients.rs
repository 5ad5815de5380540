//! The clients of the sockets: reads their messages and answers, and keeps clients that hang from keeping others out.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::time::Duration;

use mio::net::UnixStream;
use mio::{Interest, Registry, Token};
use pmsts_ipc::message::Reply;

use super::connection::{Connection, Heard, IDLE};
use crate::schedule::{Cancelled, Event};

/// Most connections of one lane at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 128;

/// The connections of all sockets.
#[derive(Debug)]
pub(super) struct Clients {
    connections: HashMap<Token, Connection>,
    next_token: usize,
    /// Sockets with waiting clients that could not be accepted just then.
    crowded: BTreeSet<Option<usize>>,
}

/// What to do after an accept that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepting {
    /// No other client waits.
    Through,
    /// That client is gone; others may wait.
    Next,
    /// The system lacks something just now: readiness will not be announced again, so try later.
    Later,
}

impl Clients {
    /// Starts without clients; their tokens begin at `first`.
    pub(super) fn new(first: usize) -> Self {
        Self {
            connections: HashMap::new(),
            next_token: first,
            crowded: BTreeSet::new(),
        }
    }

    /// Adds a client that was accepted by a lane's socket, or by the run's own, and gives its token.
    pub(super) fn add(
        &mut self,
        registry: &Registry,
        mut stream: UnixStream,
        lane: Option<usize>,
        now: Duration,
    ) -> io::Result<Token> {
        let token = Token(self.next_token);
        self.next_token += 1;
        registry.register(&mut stream, token, Interest::READABLE)?;
        self.connections
            .insert(token, Connection::new(stream, lane, now));
        Ok(token)
    }

    /// What to do after an accept that failed; a socket to be tried later is remembered.
    pub(super) fn not_accepted(&mut self, lane: Option<usize>, error: &io::Error) -> Accepting {
        let next = after_accept(error);
        if next == Accepting::Later {
            self.crowded.insert(lane);
        }
        next
    }

    /// The sockets to be tried again.
    pub(super) fn crowded(&mut self) -> BTreeSet<Option<usize>> {
        std::mem::take(&mut self.crowded)
    }

    /// Closes the oldest connection of a socket that has too many.
    pub(super) fn make_room(&mut self, registry: &Registry, lane: Option<usize>) -> Option<Event> {
        let of_lane = || self.connections.iter().filter(|(_, c)| c.lane == lane);
        if of_lane().count() < CONNECTIONS {
            return None;
        }
        let oldest = of_lane().min_by_key(|(_, c)| c.since).map(|(t, _)| *t)?;
        self.close(registry, oldest);
        Some(refused("too many connections at once"))
    }

    /// Closes connections that send nothing.
    pub(super) fn close_idle(&mut self, registry: &Registry, now: Duration) -> Vec<Event> {
        let idle = |c: &Connection| now.saturating_sub(c.since) > IDLE;
        let idle = self.connections.iter().filter(|(_, c)| idle(c));
        let idle: Vec<Token> = idle.map(|(token, _)| *token).collect();
        let mut events = Vec::new();
        for token in idle {
            self.close(registry, token);
            events.push(refused("the client said nothing for too long"));
        }
        events
    }

    /// Reads from a client. `status` is the answer to whoever asks the run what it does; `find` knows what has a name.
    pub(super) fn hear(
        &mut self,
        registry: &Registry,
        token: Token,
        status: impl FnOnce() -> String,
        find: impl FnOnce(&str) -> Option<Cancelled>,
    ) -> Option<Event> {
        let connection = self.connections.get_mut(&token)?;
        let event = match (connection.read(), connection.lane) {
            (Heard::Nothing, _) => return None,
            (Heard::Message(message), Some(lane)) => {
                // It stays open until the state has judged the message.
                let from = token.0;
                return Some(Event::Heard {
                    lane,
                    from,
                    message,
                });
            }
            (Heard::Message(_), None) => {
                connection.reply(&Reply::refused("this socket takes no observations"));
                None
            }
            (Heard::Ping, None) => {
                connection.reply(&Reply::pong(status()));
                None
            }
            (Heard::Cancel(name), None) => {
                let found = find(&name);
                connection.reply(&match &found {
                    Some(_) => Reply::Accepted,
                    None => Reply::refused(format!("no build and no target is called `{name}`")),
                });
                found.map(Event::Cancel)
            }
            (Heard::Cancel(_), Some(_)) => {
                connection.reply(&Reply::refused("a build cannot cancel another"));
                Some(refused("a build asked to cancel another"))
            }
            // An ebuild is not told what else runs.
            (Heard::Ping, Some(_)) => {
                connection.reply(&Reply::pong(String::new()));
                None
            }
            (Heard::Closed(None), _) => None,
            (Heard::Closed(Some(reason)), _) => {
                connection.reply(&Reply::refused(reason.clone()));
                Some(Event::Refused(reason))
            }
        };
        self.close(registry, token);
        event
    }

    /// Answers a message: it is accepted, or refused with a reason.
    pub(super) fn answer(&mut self, registry: &Registry, token: Token, refused: Option<String>) {
        if let Some(connection) = self.connections.get_mut(&token) {
            connection.reply(&refused.map_or(Reply::Accepted, Reply::refused));
        }
        self.close(registry, token);
    }

    fn close(&mut self, registry: &Registry, token: Token) {
        if let Some(mut connection) = self.connections.remove(&token) {
            let _ = registry.deregister(&mut connection.stream);
        }
    }
}

/// The event of something that was refused.
pub(super) fn refused(reason: &str) -> Event {
    Event::Refused(reason.to_owned())
}

fn after_accept(error: &io::Error) -> Accepting {
    match error.kind() {
        io::ErrorKind::WouldBlock => Accepting::Through,
        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => Accepting::Next,
        _ => Accepting::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_queue_ends_accepting_for_good() {
        let mut clients = Clients::new(0);
        let mut after = |code| clients.not_accepted(Some(1), &io::Error::from_raw_os_error(code));
        assert_eq!(after(nix::libc::EAGAIN), Accepting::Through);
        assert_eq!(after(nix::libc::ECONNABORTED), Accepting::Next);
        assert_eq!(after(nix::libc::EINTR), Accepting::Next);
        assert_eq!(after(nix::libc::EMFILE), Accepting::Later);
        assert_eq!(after(nix::libc::ENOBUFS), Accepting::Later);
        assert_eq!(clients.crowded(), [Some(1)].into());
        assert!(clients.crowded().is_empty());
    }
}

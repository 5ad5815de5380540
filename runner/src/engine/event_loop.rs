//! Waits for sockets, testbeds, signals and deadlines, and turns them into events.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use pmsts_ipc::message::Reply;

use super::actor::Actor;
use super::connection::{Connection, Heard, IDLE};
use super::signals::{Asked, Signals};
use crate::presence::Presence;
use crate::record::Recorder;
use crate::schedule::{Action, Event, State};
use crate::testbed::{Notice, Testbed as _};

const SIGNALS: Token = Token(0);
const PRESENCE: Token = Token(1);
/// Number of tokens of a lane: listener, channel, output, gone.
const PER_LANE: usize = 4;
const FIRST_LANE: usize = 2;
/// Most connections of one lane at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 128;
/// The longest wait. Then the passing of time is an event, so that the progress line does not stand still.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two announcements of progress.
const PROGRESS: Duration = Duration::from_millis(200);

/// The event loop of a run, and its actor.
pub(crate) struct Engine<'a> {
    poll: Poll,
    ready: Events,
    signals: Signals,
    presence: &'a Presence,
    actor: Actor<'a>,
    lanes: usize,
    begun: Instant,
    connections: HashMap<Token, Connection>,
    next_token: usize,
    ticked: Duration,
    /// Sockets whose waiting clients could not be accepted at once.
    crowded: BTreeSet<Option<usize>>,
}

/// A descriptor of a lane.
#[derive(Debug, Clone, Copy)]
enum LaneFd {
    Listener,
    Channel,
    Output,
    Gone,
}

impl LaneFd {
    const ALL: [Self; PER_LANE] = [Self::Listener, Self::Channel, Self::Output, Self::Gone];

    fn token(self, lane: usize) -> Token {
        Token(FIRST_LANE + lane * PER_LANE + self as usize)
    }
}

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

impl<'a> Engine<'a> {
    /// Makes an engine for the actor's lanes. While it exists, signals are events.
    pub(crate) fn new(
        actor: Actor<'a>,
        lanes: usize,
        presence: &'a Presence,
        begun: Instant,
    ) -> io::Result<Self> {
        let mut this = Self {
            next_token: FIRST_LANE + lanes * PER_LANE,
            poll: Poll::new()?,
            ready: Events::with_capacity(256),
            signals: Signals::catch()?,
            presence,
            actor,
            lanes,
            begun,
            connections: HashMap::new(),
            ticked: Duration::ZERO,
            crowded: BTreeSet::new(),
        };
        this.watch(this.signals.as_raw_fd(), SIGNALS)?;
        this.watch(this.presence.listener.as_raw_fd(), PRESENCE)?;
        for lane in 0..lanes {
            let token = LaneFd::Listener.token(lane);
            let listener = this.actor.listener(lane);
            this.poll
                .registry()
                .register(listener, token, Interest::READABLE)?;
        }
        Ok(this)
    }

    /// Time since the start of the run.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The recorder, with the record of the run.
    pub(crate) fn into_recorder(self) -> Recorder<'a> {
        self.actor.into_recorder()
    }

    /// Waits for events, and returns them. The passing of time is one, so there is always an event.
    pub(crate) fn wait(&mut self, state: &State) -> io::Result<Vec<Event>> {
        let deadline = state.deadline().unwrap_or(Duration::MAX);
        let patience = deadline
            .saturating_sub(self.now())
            .clamp(Duration::from_millis(1), PATIENCE);
        match self.poll.poll(&mut self.ready, Some(patience)) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => self.ready.clear(),
            Err(e) => return Err(e),
        }
        let tokens: Vec<Token> = self.ready.iter().map(mio::event::Event::token).collect();
        let mut events = Vec::new();
        for token in tokens {
            self.look(token, state, &mut events)?;
        }
        self.tick(state, &mut events)?;
        Ok(events)
    }

    /// Carries out an action, and returns the event that follows from it at once.
    pub(crate) fn act(&mut self, action: Action) -> io::Result<Option<Event>> {
        if let Action::Answer { to, refused } = action {
            self.answer(Token(to), refused);
            return Ok(None);
        }
        let opened = match action {
            Action::Open { lane, .. } => Some(lane),
            _ => None,
        };
        let now = self.now();
        let event = self.actor.act(action, now);
        if let Some(lane) = opened {
            self.watch_testbed(lane)?;
        }
        Ok(event)
    }

    fn watch(&self, fd: RawFd, token: Token) -> io::Result<()> {
        self.poll
            .registry()
            .register(&mut SourceFd(&fd), token, Interest::READABLE)
    }

    fn tick(&mut self, state: &State, events: &mut Vec<Event>) -> io::Result<()> {
        let now = self.now();
        for lane in std::mem::take(&mut self.crowded) {
            self.accept(lane, state, events)?;
        }
        if now.saturating_sub(self.ticked) > PROGRESS {
            self.ticked = now;
            self.actor.show_progress(state, now);
            let idle = |c: &Connection| now.saturating_sub(c.since) > IDLE;
            let idle = self.connections.iter().filter(|(_, c)| idle(c));
            for token in idle.map(|(token, _)| *token).collect::<Vec<_>>() {
                events.push(refused("the client sent nothing for too long"));
                self.close(token);
            }
        }
        events.push(Event::Tick);
        Ok(())
    }

    fn look(&mut self, token: Token, state: &State, events: &mut Vec<Event>) -> io::Result<()> {
        match token {
            SIGNALS => {
                self.signalled(state, events);
                Ok(())
            }
            PRESENCE => self.accept(None, state, events),
            Token(number) if number >= FIRST_LANE + self.lanes * PER_LANE => {
                self.hear(token, state, events);
                Ok(())
            }
            Token(number) => {
                let lane = (number - FIRST_LANE) / PER_LANE;
                match LaneFd::ALL[(number - FIRST_LANE) % PER_LANE] {
                    LaneFd::Listener => self.accept(Some(lane), state, events),
                    LaneFd::Channel => self.notices(lane, state, events),
                    LaneFd::Output => self.output(lane, events),
                    LaneFd::Gone => self.gone(lane, state, events),
                }
            }
        }
    }

    fn signalled(&mut self, state: &State, events: &mut Vec<Event>) {
        while let Some(asked) = self.signals.next() {
            match asked {
                Asked::Status => self.actor.show_status(state, self.now()),
                Asked::Stop => {
                    self.actor.announce_interrupt();
                    events.push(Event::Interrupt);
                }
            }
        }
    }

    fn accept(
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

    fn hear(&mut self, token: Token, state: &State, events: &mut Vec<Event>) {
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

    fn answer(&mut self, token: Token, refused: Option<String>) {
        if let Some(connection) = self.connections.get_mut(&token) {
            connection.reply(&refused.map_or(Reply::Accepted, Reply::refused));
        }
        self.close(token);
    }

    fn close(&mut self, token: Token) {
        if let Some(mut connection) = self.connections.remove(&token) {
            let _ = self.poll.registry().deregister(&mut connection.stream);
        }
    }

    fn notices(&mut self, lane: usize, state: &State, events: &mut Vec<Event>) -> io::Result<()> {
        while let Some(testbed) = self.actor.testbed(lane) {
            let Some(notice) = testbed.notice()? else {
                break;
            };
            // Messages and output from before the end of the command belong to it.
            self.accept(Some(lane), state, events)?;
            self.output(lane, events)?;
            events.push(match notice {
                Notice::Born(_) => continue,
                Notice::Ready => Event::Ready(lane),
                Notice::SetupFailed { step, error } => {
                    Event::SetupFailed(lane, format!("{step}: {error}"))
                }
                Notice::NotStarted(reason) => Event::NotStarted(lane, reason),
                Notice::Exited(exit) => Event::Exited(lane, exit),
            });
        }
        Ok(())
    }

    fn output(&mut self, lane: usize, events: &mut Vec<Event>) -> io::Result<()> {
        let Some(testbed) = self.actor.testbed(lane) else {
            return Ok(());
        };
        let mut pipe = std::fs::File::from(testbed.output().try_clone_to_owned()?);
        let mut buffer = [0; 16 * 1024];
        let mut total = 0;
        // A flood must not keep the loop from its other work.
        for _ in 0..64 {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    total += count as u64;
                    self.actor.keep_output(lane, &buffer[..count]);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        if total == 0 {
            return Ok(());
        }
        // Edge-triggered: output left in the pipe is announced only after it is registered again.
        self.rearm(lane)?;
        events.push(Event::Output(lane, total));
        Ok(())
    }

    fn rearm(&mut self, lane: usize) -> io::Result<()> {
        let Some(testbed) = self.actor.testbed(lane) else {
            return Ok(());
        };
        let fd = testbed.output().as_raw_fd();
        let token = LaneFd::Output.token(lane);
        self.poll
            .registry()
            .reregister(&mut SourceFd(&fd), token, Interest::READABLE)
    }

    /// Handles the end of a testbed: every process is gone. Its earlier messages come first.
    fn gone(&mut self, lane: usize, state: &State, events: &mut Vec<Event>) -> io::Result<()> {
        if self.actor.testbed(lane).is_none() {
            return Ok(());
        }
        self.notices(lane, state, events)?;
        self.output(lane, events)?;
        if let Some(testbed) = self.actor.testbed(lane) {
            // A reaped pidfd fires once more.
            for fd in [testbed.gone(), testbed.control(), testbed.output()] {
                let _ = self
                    .poll
                    .registry()
                    .deregister(&mut SourceFd(&fd.as_raw_fd()));
            }
        }
        events.push(Event::Gone(lane));
        Ok(())
    }

    fn watch_testbed(&mut self, lane: usize) -> io::Result<()> {
        let Some(testbed) = self.actor.testbed(lane) else {
            return Ok(());
        };
        let fds = [
            (testbed.control().as_raw_fd(), LaneFd::Channel),
            (testbed.output().as_raw_fd(), LaneFd::Output),
            (testbed.gone().as_raw_fd(), LaneFd::Gone),
        ];
        for (fd, of) in fds {
            self.watch(fd, of.token(lane))?;
        }
        Ok(())
    }
}

fn refused(reason: &str) -> Event {
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

//! Waits for sockets, testbeds, signals and deadlines, and turns them into events.

use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::actor::Actor;
use super::clients::{Accepting, Clients, refused};
use super::signals::{Asked, Signals};
use crate::presence::Presence;
use crate::record::Recorder;
use crate::schedule::{Action, Event, State};
use crate::testbed::Notice;

const SIGNALS: Token = Token(0);
const PRESENCE: Token = Token(1);
/// Number of tokens of a lane: listener, channel, output, gone.
const PER_LANE: usize = 4;
const FIRST_LANE: usize = 2;
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
    clients: Clients,
    ticked: Duration,
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

impl<'a> Engine<'a> {
    /// Makes an engine for the actor's lanes. While it exists, signals are events.
    pub(crate) fn new(
        actor: Actor<'a>,
        lanes: usize,
        presence: &'a Presence,
        begun: Instant,
    ) -> io::Result<Self> {
        let mut this = Self {
            clients: Clients::new(FIRST_LANE + lanes * PER_LANE),
            poll: Poll::new()?,
            ready: Events::with_capacity(256),
            signals: Signals::catch()?,
            presence,
            actor,
            lanes,
            begun,
            ticked: Duration::ZERO,
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
            self.clients
                .answer(self.poll.registry(), Token(to), refused);
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
        for lane in self.clients.crowded() {
            self.accept(lane, state, events)?;
        }
        if now.saturating_sub(self.ticked) > PROGRESS {
            self.ticked = now;
            self.actor.show_progress(state, now);
            events.extend(self.clients.close_idle(self.poll.registry(), now));
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
            events.extend(self.clients.make_room(self.poll.registry(), lane));
            let listener = match lane {
                Some(lane) => self.actor.listener(lane),
                None => &self.presence.listener,
            };
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) => match self.clients.not_accepted(lane, &error) {
                    Accepting::Through => return Ok(()),
                    Accepting::Next => continue,
                    Accepting::Later => {
                        events.push(refused("a connection could not be accepted at once"));
                        return Ok(());
                    }
                },
            };
            // The file's mode keeps strangers from the run's own socket.
            if lane.is_some_and(|lane| !self.actor.admits(lane, &stream)) {
                events.push(refused("the peer is neither root nor the build user"));
                continue;
            }
            let now = self.now();
            let token = self.clients.add(self.poll.registry(), stream, lane, now)?;
            // It may have sent its message already.
            self.hear(token, state, events);
        }
    }

    fn hear(&mut self, token: Token, state: &State, events: &mut Vec<Event>) {
        let now = self.now();
        let status = || self.actor.status(state, now);
        let event = self
            .clients
            .hear(self.poll.registry(), token, status, |name| {
                self.actor.named(name)
            });
        events.extend(event);
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
                Notice::Seen(seen) => match self.actor.seen(lane, &seen) {
                    Some(event) => event,
                    None => continue,
                },
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

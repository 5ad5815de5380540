//! The only user of mio: waits for sockets, testbeds, signals and deadlines, and turns each into an
//! event. One thread.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use pmsts_ipc::message::Reply;

use crate::act::Actor;
use crate::connection::{Connection, Heard, IDLE};
use crate::control::Control;
use crate::state::{Action, Event, State};
use crate::testbed::{Notice, Testbed as _};

const SIGNALS: Token = Token(0);
const CONTROL: Token = Token(1);
/// Tokens of a lane: listener, control, output, gone.
const PER_LANE: usize = 4;
const FIRST_LANE: usize = 2;
/// Most connections of one lane at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 128;

/// The loop.
pub(crate) struct EventLoop<'a> {
    poll: Poll,
    signals: SignalFd,
    control: &'a Control,
    actor: Actor<'a>,
    state: State,
    begun: Instant,
    connections: HashMap<Token, Connection>,
    next_token: usize,
    ticked: Duration,
}

/// What a descriptor of a lane is.
#[derive(Debug, Clone, Copy)]
enum Source {
    Listener,
    Control,
    Output,
    Gone,
}

impl Source {
    const ALL: [Self; PER_LANE] = [Self::Listener, Self::Control, Self::Output, Self::Gone];

    fn token(self, lane: usize) -> Token {
        Token(FIRST_LANE + lane * PER_LANE + self as usize)
    }
}

impl<'a> EventLoop<'a> {
    /// A loop over the state's lanes. From here on signals are events.
    pub(crate) fn new(
        state: State,
        actor: Actor<'a>,
        control: &'a Control,
        begun: Instant,
    ) -> io::Result<Self> {
        let mut mask = SigSet::empty();
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGUSR1,
        ] {
            mask.add(signal);
        }
        mask.thread_block()?;
        let signals = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let poll = Poll::new()?;
        let mut this = Self {
            next_token: FIRST_LANE + state.lanes().len() * PER_LANE,
            poll,
            signals,
            control,
            actor,
            state,
            begun,
            connections: HashMap::new(),
            ticked: Duration::ZERO,
        };
        this.watch(this.signals.as_raw_fd(), SIGNALS)?;
        this.watch(this.control.listener.as_raw_fd(), CONTROL)?;
        for lane in 0..this.state.lanes().len() {
            let token = Source::Listener.token(lane);
            let listener = this.actor.listener(lane);
            this.poll
                .registry()
                .register(listener, token, Interest::READABLE)?;
        }
        Ok(this)
    }

    fn watch(&self, fd: RawFd, token: Token) -> io::Result<()> {
        self.poll
            .registry()
            .register(&mut SourceFd(&fd), token, Interest::READABLE)
    }

    /// Runs until nothing is left to do.
    pub(crate) fn run(mut self) -> io::Result<(State, Actor<'a>)> {
        let mut events = Events::with_capacity(256);
        let actions = self.state.fill_lanes();
        self.act(actions)?;
        while !self.state.is_done() {
            match self.poll.poll(&mut events, Some(self.patience())) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            let tokens: Vec<Token> = events.iter().map(mio::event::Event::token).collect();
            for token in tokens {
                self.ready(token)?;
            }
            self.tick()?;
        }
        Ok((self.state, self.actor))
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Until the next deadline, and not longer than a progress line may stand still.
    fn patience(&self) -> Duration {
        let deadline = self.state.deadline().unwrap_or(Duration::MAX);
        deadline
            .saturating_sub(self.now())
            .clamp(Duration::from_millis(1), Duration::from_millis(500))
    }

    fn tick(&mut self) -> io::Result<()> {
        let now = self.now();
        let actions = self.state.handle(Event::Tick, now);
        self.act(actions)?;
        if now.saturating_sub(self.ticked) > Duration::from_millis(200) {
            self.ticked = now;
            self.actor.show_progress(&self.state, now);
            let idle: Vec<Token> = self
                .connections
                .iter()
                .filter(|(_, c)| now.saturating_sub(c.since) > IDLE)
                .map(|(token, _)| *token)
                .collect();
            for token in idle {
                self.state.refuse("the client said nothing for too long");
                self.close(token);
            }
        }
        Ok(())
    }

    fn ready(&mut self, token: Token) -> io::Result<()> {
        if token == SIGNALS {
            return self.signalled();
        }
        if token == CONTROL {
            return self.accept(None);
        }
        let lane_tokens = FIRST_LANE + self.state.lanes().len() * PER_LANE;
        if token.0 >= lane_tokens {
            self.hear(token);
            return Ok(());
        }
        let lane = (token.0 - FIRST_LANE) / PER_LANE;
        match Source::ALL[(token.0 - FIRST_LANE) % PER_LANE] {
            Source::Listener => self.accept(Some(lane)),
            Source::Control => self.notices(lane),
            Source::Output => self.output(lane),
            Source::Gone => self.gone(lane),
        }
    }

    fn signalled(&mut self) -> io::Result<()> {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            if i32::try_from(signal.ssi_signo) == Ok(Signal::SIGUSR1 as i32) {
                self.actor.show_status(&self.state, self.now());
                continue;
            }
            let now = self.now();
            let actions = self.state.handle(Event::Interrupt, now);
            self.actor.say_interrupted();
            self.act(actions)?;
        }
        Ok(())
    }

    fn accept(&mut self, lane: Option<usize>) -> io::Result<()> {
        loop {
            let open = self.connections.values().filter(|c| c.lane == lane).count();
            if open >= CONNECTIONS {
                // The oldest makes room: a client that hangs must not keep others out.
                let oldest = self.connections.iter().filter(|(_, c)| c.lane == lane);
                if let Some(token) = oldest.min_by_key(|(_, c)| c.since).map(|(token, _)| *token) {
                    self.state.refuse("too many connections at once");
                    self.close(token);
                }
            }
            let listener = match lane {
                Some(lane) => self.actor.listener(lane),
                None => &self.control.listener,
            };
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // What the peer or a lack of descriptors did is no reason to end the run.
                Err(_) => {
                    self.state.refuse("a connection could not be accepted");
                    return Ok(());
                }
            };
            // The file's mode keeps strangers from the run's own socket.
            if lane.is_some_and(|lane| !self.actor.admits(lane, &stream)) {
                self.state
                    .refuse("the peer is neither root nor the build user");
                continue;
            }
            let token = Token(self.next_token);
            self.next_token += 1;
            self.poll
                .registry()
                .register(&mut stream, token, Interest::READABLE)?;
            self.connections
                .insert(token, Connection::new(stream, lane, self.begun.elapsed()));
            // It may have spoken already.
            self.hear(token);
        }
    }

    fn hear(&mut self, token: Token) {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        match connection.read() {
            Heard::Nothing => return,
            Heard::Ping => {
                let status = match connection.lane {
                    None => self.actor.status(&self.state, now),
                    // What else runs is nothing to an ebuild.
                    Some(_) => String::new(),
                };
                connection.reply(&Reply::pong(status));
            }
            Heard::Message(message) => {
                let heard = match connection.lane {
                    Some(lane) => self.state.hear(lane, message, now),
                    None => Err("this socket takes no observations".to_owned()),
                };
                connection.reply(&heard.map_or_else(Reply::refused, |()| Reply::Accepted));
            }
            Heard::Closed(None) => {}
            Heard::Closed(Some(reason)) => {
                self.state.refuse(&reason);
                connection.reply(&Reply::refused(reason));
            }
        }
        self.close(token);
    }

    fn close(&mut self, token: Token) {
        if let Some(mut connection) = self.connections.remove(&token) {
            let _ = self.poll.registry().deregister(&mut connection.stream);
        }
    }

    fn notices(&mut self, lane: usize) -> io::Result<()> {
        while let Some(notice) = self
            .actor
            .testbed(lane)
            .map(crate::testbed::Testbed::notice)
            .transpose()?
            .flatten()
        {
            // What the command sent or printed before its end belongs to it.
            self.accept(Some(lane))?;
            self.output(lane)?;
            let event = match notice {
                Notice::Born(_) => continue,
                Notice::Ready => Event::Ready(lane),
                Notice::SetupFailed { step, error } => {
                    Event::SetupFailed(lane, format!("{step}: {error}"))
                }
                Notice::NotStarted(reason) => Event::NotStarted(lane, reason),
                Notice::Exited(exit) => Event::Exited(lane, exit),
            };
            self.event(event)?;
        }
        Ok(())
    }

    fn output(&mut self, lane: usize) -> io::Result<()> {
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
        // Edge-triggered: what was left in the pipe announces itself only when asked for again.
        self.rearm(lane)?;
        self.event(Event::Output(lane, total))
    }

    fn rearm(&mut self, lane: usize) -> io::Result<()> {
        let Some(testbed) = self.actor.testbed(lane) else {
            return Ok(());
        };
        let fd = testbed.output().as_raw_fd();
        let token = Source::Output.token(lane);
        self.poll
            .registry()
            .reregister(&mut SourceFd(&fd), token, Interest::READABLE)
    }

    fn gone(&mut self, lane: usize) -> io::Result<()> {
        if self.actor.testbed(lane).is_none() {
            return Ok(());
        }
        self.notices(lane)?;
        self.output(lane)?;
        if let Some(testbed) = self.actor.testbed(lane) {
            // A reaped pidfd fires once more.
            for fd in [testbed.gone(), testbed.control(), testbed.output()] {
                let _ = self
                    .poll
                    .registry()
                    .deregister(&mut SourceFd(&fd.as_raw_fd()));
            }
        }
        self.actor.close(lane, self.now());
        self.event(Event::Gone(lane))
    }

    fn event(&mut self, event: Event) -> io::Result<()> {
        let now = self.now();
        let actions = self.state.handle(event, now);
        self.act(actions)
    }

    fn act(&mut self, actions: Vec<Action>) -> io::Result<()> {
        for action in actions {
            let opened = match action {
                Action::Open { lane, .. } => Some(lane),
                _ => None,
            };
            let now = self.now();
            let mut follow = self.actor.act(&mut self.state, action, now);
            if let Some(lane) = opened {
                self.watch_testbed(lane)?;
            }
            while !follow.is_empty() {
                match follow.remove(0) {
                    crate::act::Follow::Event(event) => {
                        let actions = self.state.handle(event, self.now());
                        self.act(actions)?;
                    }
                    crate::act::Follow::Actions(actions) => self.act(actions)?,
                }
            }
        }
        Ok(())
    }

    fn watch_testbed(&mut self, lane: usize) -> io::Result<()> {
        let Some(testbed) = self.actor.testbed(lane) else {
            return Ok(());
        };
        let fds = [
            (testbed.control().as_raw_fd(), Source::Control),
            (testbed.output().as_raw_fd(), Source::Output),
            (testbed.gone().as_raw_fd(), Source::Gone),
        ];
        for (fd, source) in fds {
            self.watch(fd, source.token(lane))?;
        }
        Ok(())
    }
}

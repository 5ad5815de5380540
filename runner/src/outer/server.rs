//! A virt-server of autopkgtest, and the state of its testbed: there is no command that asks for it.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::OuterError;
use super::protocol::{Reply, command, program, reply};
use crate::testbed::{State, in_own_session_with_runner};

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    words: Vec<String>,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    state: State,
}

impl Server {
    /// Starts the server, in a session of its own: in ours, a Ctrl+C would end it while its testbed is in use. It is
    /// asked to clean up when this process dies, as it does not notice the end of its input.
    pub(super) fn start(words: &[String]) -> Result<Self, OuterError> {
        let (name, arguments) = words.split_first().ok_or(OuterError::Empty)?;
        if name.rsplit('/').next() == Some("autopkgtest-virt-ssh") {
            return Err(OuterError::Ssh);
        }
        let mut server = Command::new(name);
        server
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let failed = |why: String| OuterError::Server {
            name: name.clone(),
            why,
        };
        let mut child = in_own_session_with_runner(&mut server)
            .spawn()
            .map_err(|e| failed(e.to_string()))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("it has no input and output".to_owned()));
        };
        let mut this = Self {
            words: words.to_vec(),
            child,
            to,
            from: BufReader::new(from),
            state: State::Opening,
        };
        // It greets.
        this.answer("start").map(|_| this)
    }

    /// How far its testbed is.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Opens the testbed; returns a directory in it for everybody's files.
    pub(super) fn open(&mut self) -> Result<String, OuterError> {
        let scratch = self.ask(&["open"])?.into_iter().next();
        self.state = State::Open;
        scratch.ok_or_else(|| self.failed("open", "it names no directory"))
    }

    /// The words that run a command in the testbed, before those of the command.
    pub(super) fn execute_words(&mut self) -> Result<Vec<String>, OuterError> {
        self.tell("print-execute-command\n")?;
        let line = self.line("print-execute-command")?;
        program(&line).ok_or_else(|| self.failed("print-execute-command", line.trim()))
    }

    /// Marks that a command runs in it, or that none does.
    pub(super) fn is_busy(&mut self, busy: bool) {
        self.state = if busy { State::Busy } else { State::Open };
    }

    /// Closes the testbed, once, and ends the server.
    pub(super) fn close(mut self) -> Result<(), OuterError> {
        let was_open = matches!(self.state, State::Open | State::Busy);
        self.state = State::Closing;
        let closed = if was_open {
            self.ask(&["close"]).map(drop)
        } else {
            Ok(())
        };
        let quit = self.tell("quit\n");
        let _ = self.child.wait();
        self.state = State::Gone;
        closed.and(quit)
    }

    fn ask(&mut self, words: &[&str]) -> Result<Vec<String>, OuterError> {
        self.tell(&command(words))?;
        self.answer(words[0])
    }

    fn tell(&mut self, line: &str) -> Result<(), OuterError> {
        let told = self
            .to
            .write_all(line.as_bytes())
            .and_then(|()| self.to.flush());
        told.map_err(|e| self.failed(line.trim(), &e.to_string()))
    }

    fn answer(&mut self, asked: &str) -> Result<Vec<String>, OuterError> {
        match reply(&self.line(asked)?) {
            Reply::Ok(words) => Ok(words),
            Reply::Not(why) => Err(self.failed(asked, &why)),
        }
    }

    fn line(&mut self, asked: &str) -> Result<String, OuterError> {
        const LONGEST: u64 = 64 * 1024;
        let mut line = String::new();
        let read = (&mut self.from).take(LONGEST).read_line(&mut line);
        match read {
            Ok(0) => Err(self.failed(asked, "it ended; its messages are above")),
            Ok(_) => Ok(line),
            Err(e) => Err(self.failed(asked, &e.to_string())),
        }
    }

    fn failed(&self, asked: &str, why: &str) -> OuterError {
        OuterError::Refused {
            name: self.words.join(" "),
            asked: asked.to_owned(),
            why: why.to_owned(),
        }
    }
}

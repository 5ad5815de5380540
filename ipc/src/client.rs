//! The program that phases call: sends one message, waits until it is accepted.

mod arguments;
mod ask;

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;

use crate::codec::EncodeError;
use crate::message::{Reply, Request, VALUE_LIMIT_BYTES};
use arguments::Call;
pub use arguments::{DEFAULT_SOCKET, DEFAULT_TIMEOUT, USAGE};
pub use ask::{AskError, ask};

/// Why a message was not accepted.
#[derive(Debug)]
pub enum ClientError {
    /// The command line is wrong, in this way.
    Usage(String),
    /// The value cannot be read from standard input.
    Input(io::Error),
    /// The value from standard input is over the limit.
    LongInput,
    /// A field is over its limit.
    Message(EncodeError),
    /// The runner refuses it.
    Refused(String),
    /// The runner does not answer at this socket.
    NoAnswer(PathBuf, AskError),
}

impl ClientError {
    /// 1: the message is not accepted; 2: the client is called wrongly; 3: nobody answers.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Input(_) | Self::LongInput | Self::Message(_) | Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::NoAnswer(..) => 3,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => write!(f, "{what}; {USAGE}"),
            Self::Input(error) => write!(f, "cannot read the value: {error}"),
            Self::LongInput => write!(
                f,
                "the value has more than the {VALUE_LIMIT_BYTES} bytes that can be sent"
            ),
            Self::Message(error) => error.fmt(f),
            Self::Refused(reason) => {
                write!(f, "refused: {}", reason.replace(char::is_control, " "))
            }
            Self::NoAnswer(socket, error) => write!(f, "{}: {error}", socket.display()),
        }
    }
}

impl Error for ClientError {}

/// Does what `arguments`, without the program's name, ask for.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    input: impl Read,
) -> Result<(), ClientError> {
    let mut call = Call::parse(arguments.into_iter())?;
    if call.value_follows {
        call.message.value = read_value(input)?;
    }
    let request = Request::Observe(call.message);
    match ask(&call.socket, &request, call.timeout) {
        Ok(Reply::Accepted) => Ok(()),
        Ok(Reply::Refused(reason)) => Err(ClientError::Refused(reason)),
        Ok(Reply::Pong(_)) => Err(ClientError::NoAnswer(call.socket, AskError::HungUp)),
        Err(AskError::Request(error)) => Err(ClientError::Message(error)),
        Err(error) => Err(ClientError::NoAnswer(call.socket, error)),
    }
}

fn read_value(input: impl Read) -> Result<Vec<u8>, ClientError> {
    let mut value = Vec::new();
    let one_too_many = VALUE_LIMIT_BYTES as u64 + 1;
    input
        .take(one_too_many)
        .read_to_end(&mut value)
        .map_err(ClientError::Input)?;
    if value.len() > VALUE_LIMIT_BYTES {
        return Err(ClientError::LongInput);
    }
    Ok(value)
}

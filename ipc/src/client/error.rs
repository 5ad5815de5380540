//! The errors of the client, with its exit status for each.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::ask::AskError;
use crate::codec::EncodeError;
use crate::message::VALUE_LIMIT_BYTES;

/// How the client is called.
pub const USAGE: &str = "usage: observe [--socket PATH] [--timeout SECONDS] TOKEN EBUILD PHASE \
                         begin|end|value KEY [VALUE]";

/// Why a message was not accepted.
#[derive(Debug)]
pub enum ClientError {
    /// The command line is wrong; the text says how.
    Usage(String),
    /// The value cannot be read from standard input.
    Input(io::Error),
    /// The value from standard input is over the limit.
    LongInput,
    /// A field is over its limit.
    Message(EncodeError),
    /// The runner refused the message, for this reason.
    Refused(String),
    /// No answer came from the runner at this socket.
    NoAnswer(PathBuf, AskError),
}

impl ClientError {
    /// 1: the message was not accepted; 2: wrong command line; 3: no answer.
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

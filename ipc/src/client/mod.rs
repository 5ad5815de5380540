//! The client that phases call: sends one message and waits until the runner accepts it.

mod arguments;
mod ask;
mod error;

use std::ffi::OsString;
use std::io::Read;

use crate::message::{Reply, Request, VALUE_LIMIT_BYTES};
use arguments::Call;
pub use arguments::{DEFAULT_SOCKET, DEFAULT_TIMEOUT};
pub use ask::{AskError, ask};
pub use error::{ClientError, USAGE};

/// Sends the message that `arguments` (without the program's name) describe.
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

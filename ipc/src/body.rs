//! The bodies of frames: the type numbers, and the fields of each type.

use crate::error::{DecodeError, EncodeError};
use crate::field::{EBUILD, Fields, KEY, PHASE, REASON, STATUS, TOKEN, VALUE};
use crate::message::{Message, MessageKind, Reply, Request};

const TYPE_PING: u8 = 0;
const TYPE_BEGIN: u8 = 1;
const TYPE_END: u8 = 2;
const TYPE_VALUE: u8 = 3;
const TYPE_CANCEL: u8 = 4;
const TYPE_ACCEPTED: u8 = 128;
const TYPE_REFUSED: u8 = 129;
const TYPE_PONG: u8 = 130;

/// The content of a frame: a [`Request`] to the runner or a [`Reply`] to the client.
pub trait Content: Sized {
    /// The length of the longest body.
    const LIMIT_BYTES: usize;

    /// Appends the body.
    fn write(&self, body: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Reads a whole body.
    fn read(body: &[u8]) -> Result<Self, DecodeError>;
}

impl Content for Request {
    const LIMIT_BYTES: usize = size_of::<u8>()
        + TOKEN.most_bytes()
        + EBUILD.most_bytes()
        + PHASE.most_bytes()
        + KEY.most_bytes()
        + VALUE.most_bytes();

    fn write(&self, body: &mut Vec<u8>) -> Result<(), EncodeError> {
        let message = match self {
            Self::Ping => {
                body.push(TYPE_PING);
                return Ok(());
            }
            Self::Cancel(name) => {
                body.push(TYPE_CANCEL);
                return KEY.put(body, name.as_bytes());
            }
            Self::Observe(message) => message,
        };
        body.push(match message.kind {
            MessageKind::Begin => TYPE_BEGIN,
            MessageKind::End => TYPE_END,
            MessageKind::Value => TYPE_VALUE,
        });
        TOKEN.put(body, message.token.as_bytes())?;
        EBUILD.put(body, message.ebuild.as_bytes())?;
        PHASE.put(body, message.phase.as_bytes())?;
        KEY.put(body, message.key.as_bytes())?;
        VALUE.put(body, &message.value)
    }

    fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let (number, mut fields) = split(body)?;
        let kind = match number {
            TYPE_PING => {
                fields.end()?;
                return Ok(Self::Ping);
            }
            TYPE_CANCEL => {
                let name = fields.take_text(KEY)?;
                fields.end()?;
                return Ok(Self::Cancel(name));
            }
            TYPE_BEGIN => MessageKind::Begin,
            TYPE_END => MessageKind::End,
            TYPE_VALUE => MessageKind::Value,
            unknown => return Err(DecodeError::UnknownType(unknown)),
        };
        let message = Message {
            token: fields.take_text(TOKEN)?,
            ebuild: fields.take_text(EBUILD)?,
            phase: fields.take_text(PHASE)?,
            kind,
            key: fields.take_text(KEY)?,
            value: fields.take(VALUE)?.to_vec(),
        };
        fields.end()?;
        Ok(Self::Observe(message))
    }
}

impl Content for Reply {
    const LIMIT_BYTES: usize = size_of::<u8>() + STATUS.most_bytes();

    fn write(&self, body: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Accepted => body.push(TYPE_ACCEPTED),
            Self::Refused(reason) => {
                body.push(TYPE_REFUSED);
                REASON.put(body, reason.as_bytes())?;
            }
            Self::Pong(status) => {
                body.push(TYPE_PONG);
                STATUS.put(body, status.as_bytes())?;
            }
        }
        Ok(())
    }

    fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let (number, mut fields) = split(body)?;
        let reply = match number {
            TYPE_ACCEPTED => Self::Accepted,
            TYPE_REFUSED => Self::Refused(fields.take_text(REASON)?),
            TYPE_PONG => Self::Pong(fields.take_text(STATUS)?),
            unknown => return Err(DecodeError::UnknownType(unknown)),
        };
        fields.end()?;
        Ok(reply)
    }
}

fn split(body: &[u8]) -> Result<(u8, Fields<'_>), DecodeError> {
    let (number, fields) = body.split_first().ok_or(DecodeError::NoType)?;
    Ok((*number, Fields(fields)))
}

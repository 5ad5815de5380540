//! The errors of encoding and decoding.

use std::error::Error;
use std::fmt;

use crate::message::VERSION;

/// A message that cannot be sent, because a field is longer than its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// The field.
    pub field: &'static str,
    /// Its length.
    pub length_bytes: usize,
    /// Its limit.
    pub limit_bytes: usize,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            length_bytes,
            limit_bytes,
        } = self;
        write!(
            f,
            "the {field} has {length_bytes} bytes, more than the {limit_bytes} that can be sent"
        )
    }
}

impl Error for EncodeError {}

/// An error in a stream of frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes do not begin with `PMS`.
    NoFrame,
    /// The frame has a version that this crate does not implement.
    UnknownVersion(u8),
    /// The announced body is over the limit.
    Oversized {
        /// The length in the frame's header.
        announced_bytes: u32,
        /// The limit.
        limit_bytes: usize,
    },
    /// The body is empty, so it has no type.
    NoType,
    /// The type is not one of those expected here.
    UnknownType(u8),
    /// The body ends inside a field.
    CutField {
        /// The field.
        field: &'static str,
    },
    /// A field is longer than its limit.
    LongField {
        /// The field.
        field: &'static str,
        /// The announced length.
        announced_bytes: u32,
        /// The limit.
        limit_bytes: usize,
    },
    /// A text field is not UTF-8.
    NotUtf8 {
        /// The field.
        field: &'static str,
    },
    /// The body continues after its last field.
    TrailingBytes {
        /// The number of bytes after the last field.
        count: usize,
    },
    /// The stream ended inside a frame.
    Truncated {
        /// The number of bytes of the frame that arrived.
        arrived_bytes: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFrame => write!(f, "the bytes are no frame of this protocol"),
            Self::UnknownVersion(version) => {
                write!(f, "the frame has version {version}, not {VERSION}")
            }
            Self::Oversized {
                announced_bytes,
                limit_bytes,
            } => write!(
                f,
                "the frame announces {announced_bytes} bytes, more than {limit_bytes}"
            ),
            Self::NoType => write!(f, "the frame is empty"),
            Self::UnknownType(number) => write!(f, "the frame has the unknown type {number}"),
            Self::CutField { field } => write!(f, "the frame ends within its {field}"),
            Self::LongField {
                field,
                announced_bytes,
                limit_bytes,
            } => write!(
                f,
                "the {field} announces {announced_bytes} bytes, more than {limit_bytes}"
            ),
            Self::NotUtf8 { field } => write!(f, "the {field} is not UTF-8"),
            Self::TrailingBytes { count } => {
                write!(f, "the frame has {count} bytes after its last field")
            }
            Self::Truncated { arrived_bytes } => write!(
                f,
                "the stream ended within a frame, after {arrived_bytes} bytes of it"
            ),
        }
    }
}

impl Error for DecodeError {}

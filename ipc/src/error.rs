//! What can be wrong with messages and frames.

use std::error::Error;
use std::fmt;

use crate::codec::VERSION;

/// Why something cannot be sent: a field is longer than its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// The field.
    pub field: &'static str,
    /// Its length.
    pub length_bytes: usize,
    /// The most it may have.
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

/// What is wrong with a stream of frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// It does not begin as a frame does.
    NoFrame,
    /// The frame is of a version that this crate does not speak.
    UnknownVersion(u8),
    /// The body is longer than any can be.
    Oversized {
        /// The length in the frame's header.
        announced_bytes: u32,
        /// The most that it may be.
        limit_bytes: usize,
    },
    /// The body says no type, as it is empty.
    NoType,
    /// The type is none of those expected here.
    UnknownType(u8),
    /// The body ends within a field.
    CutField {
        /// The field.
        field: &'static str,
    },
    /// A field is longer than its limit.
    LongField {
        /// The field.
        field: &'static str,
        /// The length before it.
        announced_bytes: u32,
        /// The most that it may be.
        limit_bytes: usize,
    },
    /// A field of text is not UTF-8.
    NotUtf8 {
        /// The field.
        field: &'static str,
    },
    /// The body goes on after its last field.
    TrailingBytes {
        /// How many bytes are too many.
        count: usize,
    },
    /// The stream ended within a frame.
    Truncated {
        /// The bytes of the frame that did arrive.
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

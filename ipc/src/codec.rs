//! Encodes messages into frames and decodes them again, without I/O.
//!
//! A frame is `PMS`, the version (u8), the length of the body (u32, big-endian) and the body: the
//! type (u8) and the fields of that type, each preceded by its length (u32). Every version keeps
//! the first four bytes. A malformed frame ends its stream, because the position of the next frame
//! is unknown then.

use std::marker::PhantomData;

pub use crate::body::Content;
pub use crate::error::{DecodeError, EncodeError};
pub use crate::message::VERSION;

const HEADER_BYTES: usize = 8;

/// The frame of a request or a reply.
#[expect(
    clippy::missing_panics_doc,
    reason = "the limits of the fields keep it from panicking"
)]
pub fn encode<T: Content>(content: &T) -> Result<Vec<u8>, EncodeError> {
    let mut frame = vec![b'P', b'M', b'S', VERSION, 0, 0, 0, 0];
    content.write(&mut frame)?;
    let body_bytes = u32::try_from(frame.len() - HEADER_BYTES);
    let length = body_bytes.expect("the limits of the fields add up to less than 4 GiB");
    frame[4..HEADER_BYTES].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

/// Decodes the requests or replies of one stream, however its bytes are split.
///
/// It holds at most one frame, and only the bytes that arrived: a frame over the limit is refused
/// when its header is read. After an error every call returns the same error.
#[derive(Debug, Clone)]
pub struct Decoder<T> {
    arrived: Vec<u8>,
    failure: Option<DecodeError>,
    content: PhantomData<T>,
}

impl<T> Default for Decoder<T> {
    fn default() -> Self {
        Self {
            arrived: Vec::new(),
            failure: None,
            content: PhantomData,
        }
    }
}

impl<T: Content> Decoder<T> {
    /// A decoder at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes from the front of `input` what the next frame needs. `None` means that all input was
    /// taken and the frame is not complete. Call it again while it returns a message.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<T>, DecodeError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let decoded = self.decode_next(input);
        self.failure = decoded.as_ref().err().cloned();
        decoded
    }

    /// Tells that the stream has ended.
    ///
    /// # Errors
    /// The stream ended inside a frame, or failed before.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match (&self.failure, self.arrived.len()) {
            (Some(failure), _) => Err(failure.clone()),
            (None, 0) => Ok(()),
            (None, arrived_bytes) => Err(DecodeError::Truncated { arrived_bytes }),
        }
    }

    fn decode_next(&mut self, input: &mut &[u8]) -> Result<Option<T>, DecodeError> {
        self.fill(input, HEADER_BYTES);
        let Some(header) = self.arrived.first_chunk() else {
            return Ok(None);
        };
        let frame_bytes = HEADER_BYTES + body_bytes::<T>(*header)?;
        self.fill(input, frame_bytes);
        if self.arrived.len() < frame_bytes {
            return Ok(None);
        }
        let content = T::read(&self.arrived[HEADER_BYTES..])?;
        self.arrived = Vec::new();
        Ok(Some(content))
    }

    /// Takes input until `wanted` bytes of the frame have arrived.
    fn fill(&mut self, input: &mut &[u8], wanted: usize) {
        let missing = wanted.saturating_sub(self.arrived.len());
        let (taken, rest) = input.split_at(missing.min(input.len()));
        self.arrived.extend_from_slice(taken);
        *input = rest;
    }
}

/// The length of the body that a header announces.
fn body_bytes<T: Content>(header: [u8; HEADER_BYTES]) -> Result<usize, DecodeError> {
    let [b'P', b'M', b'S', version, length @ ..] = header else {
        return Err(DecodeError::NoFrame);
    };
    if version != VERSION {
        return Err(DecodeError::UnknownVersion(version));
    }
    let announced_bytes = u32::from_be_bytes(length);
    match usize::try_from(announced_bytes) {
        Ok(bytes) if bytes <= T::LIMIT_BYTES => Ok(bytes),
        _ => Err(DecodeError::Oversized {
            announced_bytes,
            limit_bytes: T::LIMIT_BYTES,
        }),
    }
}

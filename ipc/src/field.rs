//! The fields of a frame's body: each consists of its length (u32, big-endian) and its bytes.

use crate::error::{DecodeError, EncodeError};
use crate::message::{NAME_LIMIT_BYTES, REASON_LIMIT_BYTES, STATUS_LIMIT_BYTES, VALUE_LIMIT_BYTES};

/// A field: its name, for errors, and its limit.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    name: &'static str,
    limit_bytes: usize,
}

pub(crate) const TOKEN: Field = Field::new("token", NAME_LIMIT_BYTES);
pub(crate) const EBUILD: Field = Field::new("ebuild", NAME_LIMIT_BYTES);
pub(crate) const PHASE: Field = Field::new("phase", NAME_LIMIT_BYTES);
pub(crate) const KEY: Field = Field::new("key", NAME_LIMIT_BYTES);
pub(crate) const VALUE: Field = Field::new("value", VALUE_LIMIT_BYTES);
pub(crate) const REASON: Field = Field::new("reason", REASON_LIMIT_BYTES);
pub(crate) const STATUS: Field = Field::new("status", STATUS_LIMIT_BYTES);

impl Field {
    const fn new(name: &'static str, limit_bytes: usize) -> Self {
        Self { name, limit_bytes }
    }

    /// The number of bytes that the longest value takes in a body.
    pub(crate) const fn most_bytes(self) -> usize {
        size_of::<u32>() + self.limit_bytes
    }

    /// Appends a value of the field to a body.
    pub(crate) fn put(self, body: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EncodeError> {
        let too_long = EncodeError {
            field: self.name,
            length_bytes: bytes.len(),
            limit_bytes: self.limit_bytes,
        };
        if bytes.len() > self.limit_bytes {
            return Err(too_long);
        }
        let length = u32::try_from(bytes.len()).map_err(|_| too_long)?;
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(bytes);
        Ok(())
    }
}

/// Reads the fields of a body.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field.
    pub(crate) fn take(&mut self, field: Field) -> Result<&'a [u8], DecodeError> {
        let cut = DecodeError::CutField { field: field.name };
        let (length, rest) = self.0.split_first_chunk().ok_or(cut.clone())?;
        let announced_bytes = u32::from_be_bytes(*length);
        let length = usize::try_from(announced_bytes).unwrap_or(usize::MAX);
        if length > field.limit_bytes {
            return Err(DecodeError::LongField {
                field: field.name,
                announced_bytes,
                limit_bytes: field.limit_bytes,
            });
        }
        let (bytes, rest) = rest.split_at_checked(length).ok_or(cut)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// The next field, as text.
    pub(crate) fn take_text(&mut self, field: Field) -> Result<String, DecodeError> {
        let text = str::from_utf8(self.take(field)?);
        let not_utf8 = DecodeError::NotUtf8 { field: field.name };
        text.map(str::to_owned).map_err(|_| not_utf8)
    }

    /// Checks that no bytes are left.
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        match self.0.len() {
            0 => Ok(()),
            count => Err(DecodeError::TrailingBytes { count }),
        }
    }
}

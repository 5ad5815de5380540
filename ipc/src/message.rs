//! The messages of the protocol: requests of the client, replies of the runner, and their limits.

/// The version of the protocol that this crate implements.
pub const VERSION: u8 = 1;

/// The longest token, ebuild handle, phase or key, in bytes.
pub const NAME_LIMIT_BYTES: usize = 256;

/// The longest observed value, in bytes.
pub const VALUE_LIMIT_BYTES: usize = 1024 * 1024;

/// The longest reason of a refusal, in bytes.
pub const REASON_LIMIT_BYTES: usize = 1024;

/// The longest status in the answer to a ping, in bytes.
pub const STATUS_LIMIT_BYTES: usize = 64 * 1024;

/// A request of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Asks whether a runner listens, and for its status.
    Ping,
    /// A report of a phase.
    Observe(Message),
    /// Asks a run to cancel a build or a target of this name.
    Cancel(String),
}

/// One report of a running phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The token of the build that the ebuild belongs to.
    pub token: String,
    /// The ebuild's handle in its case: `main`, `new`, `dep`.
    pub ebuild: String,
    /// The phase function, or `global` for the global scope.
    pub phase: String,
    /// The kind of report.
    pub kind: MessageKind,
    /// The key of the value; may be empty when a phase begins or ends.
    pub key: String,
    /// The value: any bytes, kept exactly.
    pub value: Vec<u8>,
}

/// The kind of a [`Message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// The phase begins.
    Begin,
    /// The phase reached its end.
    End,
    /// The phase observed a value.
    Value,
}

impl MessageKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Begin, Self::End, Self::Value];

    /// Its word on the client's command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::End => "end",
            Self::Value => "value",
        }
    }
}

/// A reply of the runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The message was accepted.
    Accepted,
    /// The message was refused, for this reason.
    Refused(String),
    /// The answer to a ping: one line for each build that runs. Empty for a client inside a testbed.
    Pong(String),
}

impl Reply {
    /// A refusal whose reason is cut to [`REASON_LIMIT_BYTES`].
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(cut(reason.into(), REASON_LIMIT_BYTES))
    }

    /// A pong whose status is cut to [`STATUS_LIMIT_BYTES`].
    pub fn pong(status: impl Into<String>) -> Self {
        Self::Pong(cut(status.into(), STATUS_LIMIT_BYTES))
    }
}

/// Cuts the text to at most `limit_bytes`, between two characters.
fn cut(mut text: String, limit_bytes: usize) -> String {
    if text.len() > limit_bytes {
        let fits = |&at: &usize| text.is_char_boundary(at);
        text.truncate((0..=limit_bytes).rfind(fits).unwrap_or(0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let Reply::Refused(reason) = Reply::refused("€".repeat(REASON_LIMIT_BYTES)) else {
            panic!("not a refusal");
        };
        assert_eq!(reason.len(), REASON_LIMIT_BYTES / 3 * 3);
    }
}

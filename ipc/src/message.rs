//! The words of the conversation: requests of the client, replies of the runner, their limits.

/// The longest token, ebuild handle, phase or key, in bytes.
pub const NAME_LIMIT_BYTES: usize = 256;

/// The longest observed value, in bytes.
pub const VALUE_LIMIT_BYTES: usize = 1024 * 1024;

/// The longest reason of a refusal, in bytes.
pub const REASON_LIMIT_BYTES: usize = 1024;

/// The longest account of what runs, in bytes.
pub const STATUS_LIMIT_BYTES: usize = 64 * 1024;

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Is anybody there?
    Ping,
    /// A phase reports.
    Observe(Message),
}

/// One report of a running phase. The protocol's version is the frame's, see [`crate::codec`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Names the build that the ebuild belongs to.
    pub token: String,
    /// The ebuild's handle in its case: `main`, `new`, `dep`.
    pub ebuild: String,
    /// The phase function, or `global` for the global scope.
    pub phase: String,
    /// What is reported.
    pub kind: MessageKind,
    /// What the value is; may be empty where a phase begins or ends.
    pub key: String,
    /// Any bytes, kept exactly.
    pub value: Vec<u8>,
}

/// What a [`Message`] reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// The phase begins.
    Begin,
    /// The phase came to its end.
    End,
    /// The phase saw a value.
    Value,
}

impl MessageKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Begin, Self::End, Self::Value];

    /// The word that the client takes for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::End => "end",
            Self::Value => "value",
        }
    }
}

/// What the runner answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The message is taken in.
    Accepted,
    /// The message is not taken in, for this reason.
    Refused(String),
    /// The answer to a ping: what runs, a line each. Empty where the asker need not know.
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

/// Cuts between characters.
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

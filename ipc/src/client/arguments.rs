//! The client's command line.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use super::error::ClientError;
use crate::message::{Message, MessageKind};

/// The path of the runner's socket inside a testbed.
pub const DEFAULT_SOCKET: &str = "/run/pmsts/socket";

/// How long the runner may take to answer. The limit is long because a machine under load answers
/// late, and an observation lost by that would look like a failure of the package manager.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The parsed command line.
pub(super) struct Call {
    pub(super) socket: PathBuf,
    pub(super) timeout: Duration,
    pub(super) message: Message,
    /// Whether the value is read from standard input.
    pub(super) value_follows: bool,
}

impl Call {
    pub(super) fn parse(
        mut arguments: impl Iterator<Item = OsString>,
    ) -> Result<Self, ClientError> {
        let mut socket = PathBuf::from(DEFAULT_SOCKET);
        let mut timeout = DEFAULT_TIMEOUT;
        let mut first = arguments.next();
        while let Some(option @ ("--socket" | "--timeout")) =
            first.as_ref().and_then(|first| first.to_str())
        {
            let value = arguments.next();
            let value = value.ok_or_else(|| usage(&format!("{option} wants a value")))?;
            match option {
                "--socket" => socket = value.into(),
                _ => timeout = parse_timeout(value)?,
            }
            first = arguments.next();
        }
        let (message, value_follows) = parse_message(first.into_iter().chain(arguments))?;
        Ok(Self {
            socket,
            timeout,
            message,
            value_follows,
        })
    }
}

/// The message, and whether its value is read from standard input.
fn parse_message(
    mut arguments: impl Iterator<Item = OsString>,
) -> Result<(Message, bool), ClientError> {
    let mut name = |name| match arguments.next() {
        Some(argument) => text(name, argument),
        None => Err(usage(&format!("{name} is missing"))),
    };
    let token = name("TOKEN")?;
    let ebuild = name("EBUILD")?;
    let phase = name("PHASE")?;
    let kind = parse_kind(&name("begin|end|value")?)?;
    let key = match arguments.next() {
        Some(key) => text("KEY", key)?,
        None if kind == MessageKind::Value => return Err(usage("KEY is missing")),
        None => String::new(),
    };
    let value = arguments.next();
    if arguments.next().is_some() {
        return Err(usage("too many arguments"));
    }
    let value_follows = value.is_none() && kind == MessageKind::Value;
    let message = Message {
        token,
        ebuild,
        phase,
        kind,
        key,
        value: value.unwrap_or_default().into_vec(),
    };
    Ok((message, value_follows))
}

fn parse_kind(word: &str) -> Result<MessageKind, ClientError> {
    let mut kinds = MessageKind::ALL.into_iter();
    let kind = kinds.find(|kind| kind.word() == word);
    kind.ok_or_else(|| usage(&format!("{word:?} is not begin, end or value")))
}

fn parse_timeout(seconds: OsString) -> Result<Duration, ClientError> {
    let seconds = text("--timeout", seconds)?;
    let timeout = seconds.parse().map(Duration::from_secs);
    timeout.map_err(|_| usage(&format!("--timeout: {seconds:?} is no whole number")))
}

fn text(name: &str, argument: OsString) -> Result<String, ClientError> {
    let text = argument.into_string();
    text.map_err(|_| usage(&format!("{name} is not UTF-8")))
}

fn usage(what: &str) -> ClientError {
    ClientError::Usage(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::error::USAGE;
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn parse(words: &[&[u8]]) -> Result<Call, ClientError> {
        Call::parse(words.iter().map(|word| OsStr::from_bytes(word).to_owned()))
    }

    #[test]
    fn a_value_may_be_any_bytes_and_look_like_an_option() {
        for value in [&b"--socket"[..], b"-h", b"", b"\xff\n\x1b"] {
            let call = parse(&[b"t", b"main", b"src_install", b"value", b"k", value]);
            assert_eq!(call.unwrap().message.value, value);
        }
    }

    #[test]
    fn only_a_value_is_read_from_standard_input() {
        assert!(
            parse(&[b"t", b"e", b"p", b"value", b"k"])
                .unwrap()
                .value_follows
        );
        assert!(
            !parse(&[b"t", b"e", b"p", b"value", b"k", b""])
                .unwrap()
                .value_follows
        );
        assert!(!parse(&[b"t", b"e", b"p", b"begin"]).unwrap().value_follows);
        assert!(
            !parse(&[b"t", b"e", b"p", b"end", b"k"])
                .unwrap()
                .value_follows
        );
    }

    #[test]
    fn options_come_first() {
        let call = parse(&[
            b"--timeout",
            b"3",
            b"--socket",
            b"/s",
            b"t",
            b"e",
            b"p",
            b"end",
        ]);
        let call = call.unwrap();
        assert_eq!(call.socket, PathBuf::from("/s"));
        assert_eq!(call.timeout, Duration::from_secs(3));
        assert_eq!(call.message.token, "t");
    }

    #[test]
    fn a_wrong_command_line_says_what_is_wrong() {
        let table: [(&[&[u8]], &str); 8] = [
            (&[], "TOKEN is missing"),
            (&[b"t", b"e", b"p"], "begin|end|value is missing"),
            (
                &[b"t", b"e", b"p", b"tell"],
                "\"tell\" is not begin, end or value",
            ),
            (&[b"t", b"e", b"p", b"value"], "KEY is missing"),
            (&[b"t", b"e", b"p", b"value", b"\xff"], "KEY is not UTF-8"),
            (
                &[b"t", b"e", b"p", b"value", b"k", b"v", b"w"],
                "too many arguments",
            ),
            (&[b"--socket"], "--socket wants a value"),
            (
                &[b"--timeout", b"soon"],
                "--timeout: \"soon\" is no whole number",
            ),
        ];
        for (words, what) in table {
            let error = parse(words).err().unwrap();
            assert_eq!(error.exit_status(), 2);
            assert_eq!(error.to_string(), format!("{what}; {USAGE}"));
        }
    }
}

//! The words of autopkgtest's virt-server protocol: commands and replies are lines of words, encoded as in a URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// A reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// It was done; the words are the answer.
    Ok(Vec<String>),
    /// It was not.
    Not(String),
}

/// A command as a line.
pub(super) fn command(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| encoded(word)).collect();
    words.join(" ") + "\n"
}

/// The reply in a line.
pub(super) fn reply(line: &str) -> Reply {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("ok") => Reply::Ok(words.map(decoded).collect()),
        _ => Reply::Not(line.trim().to_owned()),
    }
}

/// The words of a program in the answer to `print-execute-command`, which are joined by commas and encoded once more.
pub(super) fn program(line: &str) -> Option<Vec<String>> {
    let joined = line.trim().strip_prefix("ok ")?.split(' ').next()?;
    Some(joined.split(',').map(decoded).collect())
}

/// What is not written as it is: all but the characters that servers leave as they are, too.
const CODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

fn encoded(word: &str) -> String {
    utf8_percent_encode(word, &CODED).to_string()
}

fn decoded(word: &str) -> String {
    percent_decode_str(word).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_encoded_and_decoded() {
        assert_eq!(command(&["copyup", "/a b/100%"]), "copyup /a%20b/100%25\n");
        assert_eq!(
            reply("ok /tmp/x%20y\n"),
            Reply::Ok(vec!["/tmp/x y".to_owned()])
        );
        assert_eq!(reply("ok"), Reply::Ok(Vec::new()));
        assert_eq!(reply("copy-failed\n"), Reply::Not("copy-failed".to_owned()));
        assert_eq!(reply("timeout"), Reply::Not("timeout".to_owned()));
        assert_eq!(reply(""), Reply::Not(String::new()));
        let words = ["schroot", "-c", "a,b c", "--"].map(str::to_owned);
        assert_eq!(
            program("ok schroot,-c,a%2Cb%20c,--\n"),
            Some(words.to_vec())
        );
        assert_eq!(program("timeout\n"), None);
        assert_eq!(decoded("100%"), "100%");
    }
}

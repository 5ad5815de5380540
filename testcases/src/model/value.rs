//! Observed values: bytes, mostly text, kept exactly.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An observed value: any bytes. Equality is byte for byte.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub Vec<u8>);

impl Value {
    /// The bytes as text, malformed UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The bytes that the hexadecimal digits encode.
    pub fn from_hex(digits: &str) -> Option<Self> {
        from_hex(digits).map(Self)
    }

    /// The words of the value, split at white space.
    pub fn words(&self) -> Vec<String> {
        self.text().split_whitespace().map(str::to_owned).collect()
    }

    /// The value in one printable line: control characters, escape sequences and malformed UTF-8
    /// shown as escapes, so that an ebuild cannot control a terminal.
    pub fn printable(&self) -> String {
        let mut line = String::new();
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' => line.push_str("\\n"),
                    '\t' => line.push_str("\\t"),
                    '\\' => line.push_str("\\\\"),
                    c if is_unsafe(c) => line.extend(c.escape_unicode()),
                    c => line.push(c),
                }
            }
            for byte in chunk.invalid() {
                line.push_str(&format!("\\x{byte:02x}"));
            }
        }
        line
    }
}

/// Whether it is a control character, or one that reorders or hides text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.printable())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.printable())
    }
}

/// The form in JSON: a string if the bytes are UTF-8, otherwise `{"hex": "…"}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written<'a> {
    Text(Cow<'a, str>),
    Binary { hex: String },
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => Written::Text(text.into()),
            Err(_) => Written::Binary {
                hex: self.0.iter().map(|b| format!("{b:02x}")).collect(),
            },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Text(text) => text.as_ref().into(),
            Written::Binary { hex } => Self(from_hex(&hex).ok_or_else(|| {
                serde::de::Error::custom("`hex` wants an even number of hexadecimal digits")
            })?),
        })
    }
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|p| p[0] << 4 | p[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_text_obeys_nothing() {
        let hostile = Value(b"a\x1b[2J\nb\xff\\".to_vec());
        assert_eq!(hostile.printable(), r"a\u{1b}[2J\nb\xff\\");
        assert_eq!(Value::from("\u{202e}abc").printable(), r"\u{202e}abc");
    }

    #[test]
    fn an_odd_number_of_digits_is_no_hex() {
        assert_eq!(from_hex("0aff"), Some(vec![0x0a, 0xff]));
        assert_eq!(from_hex("0af"), None);
        assert_eq!(from_hex("xx"), None);
    }
}

//! What is kept under a key: what was observed of one build on one target, and the verdicts that were judged from it.

use pmsts_testcases::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::key::Key;

/// The version of an entry's form that this crate reads and writes.
pub const FORM: u32 = 1;

/// The largest entry, in bytes of JSON.
pub const LARGEST_BYTES: usize = 1024 * 1024;

/// What is kept under a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The version of this form.
    pub pmsts: u32,
    /// The key: everything that the observations depend on, and what was looked at.
    pub key: Key,
    /// The key of the build on its target, whatever was looked at.
    pub build: Key,
    /// When it was observed, RFC 3339, UTC.
    pub found: String,
    /// The target; absent where an older pmsts did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The verdicts that were judged from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Judged>,
    /// The observations, as the runner writes them. Absent where only verdicts are added to observations that are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

/// The target that an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// Its name: `portage@3.0.83`.
    pub name: String,
    /// The package manager: `portage`.
    pub pm: String,
    /// Its version: `3.0.83`.
    pub version: String,
    /// The versions of its Bash, in words.
    pub bash: String,
    /// Checksum of all that observations of the target depend on beside the build.
    pub key: String,
}

/// A verdict on an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The instance: `ver-cut@8[1.2.3-1]`.
    pub instance: String,
    /// Its case.
    pub case: String,
    /// The title of the case.
    pub title: String,
    /// The EAPI.
    pub eapi: String,
    /// The PMS label of the section.
    pub section: String,
    /// Checksum of the expectations, 16 hexadecimal digits: a verdict holds for these.
    pub expect: String,
    /// The verdict.
    pub verdict: Verdict,
}

/// Why bytes are not used as an entry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is larger than an entry may be.
    #[error("it has {0} bytes; an entry has at most {LARGEST_BYTES}")]
    TooLarge(usize),
    /// It is no entry.
    #[error("it is no entry: {0}")]
    Malformed(String),
    /// A newer pmsts wrote it.
    #[error("it has form {0}, and this pmsts reads form {FORM}: use a newer pmsts")]
    Newer(u32),
    /// It belongs to another key.
    #[error("it carries the key {0}")]
    OtherKey(Key),
    /// It holds a verdict that another run might not give.
    #[error("its verdict `{0}` is of a time limit, the harness or chance, which is never kept")]
    NotSettled(&'static str),
}

impl Entry {
    /// Reads and checks an entry; with `key`, it must be the one under this key.
    pub fn read(bytes: &[u8], key: Option<Key>) -> Result<Self, Refusal> {
        if bytes.len() > LARGEST_BYTES {
            return Err(Refusal::TooLarge(bytes.len()));
        }
        let malformed = |what: String| Refusal::Malformed(what);
        let entry: Self = serde_json::from_slice(bytes).map_err(|e| malformed(e.to_string()))?;
        if entry.pmsts > FORM {
            return Err(Refusal::Newer(entry.pmsts));
        }
        if key.is_some_and(|key| key != entry.key) {
            return Err(Refusal::OtherKey(entry.key));
        }
        if seconds(&entry.found).is_none() {
            return Err(malformed(format!("`{}` is no date", entry.found)));
        }
        for judged in &entry.verdicts {
            if code(judged.verdict).is_none() {
                return Err(Refusal::NotSettled(judged.verdict.words()));
            }
            if expectation(&judged.expect).is_none() {
                let what = format!("`{}` is no checksum of expectations", judged.expect);
                return Err(malformed(what));
            }
        }
        if entry.target.is_none() && !entry.verdicts.is_empty() {
            return Err(malformed("it has verdicts and no target".to_owned()));
        }
        Ok(entry)
    }

    /// The entry as JSON, on one line.
    pub fn text(&self) -> String {
        // Only a map with keys that are no text could fail, and there is none.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The verdicts that are kept, by the number that stands for each in the database.
const KEPT: [Verdict; 4] = [
    Verdict::Passed,
    Verdict::Failed,
    Verdict::NotObserved,
    Verdict::Recorded,
];

/// The number of a verdict; `None` if it is not kept.
pub(crate) fn code(verdict: Verdict) -> Option<i64> {
    let at = KEPT.iter().position(|kept| *kept == verdict)?;
    i64::try_from(at).ok()
}

/// The verdict of a number.
pub(crate) fn verdict(code: i64) -> Verdict {
    let at = usize::try_from(code).ok();
    at.and_then(|at| KEPT.get(at).copied())
        .unwrap_or(Verdict::Recorded)
}

/// The 64 bits that 16 hexadecimal digits stand for.
pub(crate) fn expectation(digits: &str) -> Option<i64> {
    let is_plain = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let bits = is_plain.then(|| u64::from_str_radix(digits, 16).ok())??;
    Some(bits.cast_signed())
}

/// Seconds since the epoch of an RFC 3339 date in UTC.
pub(crate) fn seconds(date: &str) -> Option<i64> {
    let time = humantime::parse_rfc3339(date).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// The RFC 3339 date of seconds since the epoch.
pub(crate) fn date(seconds: i64) -> String {
    let since = std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string()
}

/// Seconds since the epoch, now.
pub(crate) fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::entry;

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let entry = entry("a", 1, Verdict::Failed);
        let again = Entry::read(entry.text().as_bytes(), Some(entry.key)).unwrap();
        assert_eq!(again.text(), entry.text());
    }

    #[test]
    fn what_is_no_entry_of_the_key_is_refused() {
        let good = entry("a", 1, Verdict::Passed);
        let text = good.text();
        let refused = |text: &str| Entry::read(text.as_bytes(), Some(good.key)).unwrap_err();
        let other = entry("b", 1, Verdict::Passed);
        assert_eq!(refused(&other.text()), Refusal::OtherKey(other.key));
        assert_eq!(
            refused(&text.replace("\"pmsts\":1", "\"pmsts\":2")),
            Refusal::Newer(2)
        );
        assert!(matches!(
            refused(&text.replace("passed", "timed-out")),
            Refusal::NotSettled(_)
        ));
        for wrong in [&text[..text.len() / 2], "", "[]", "<html>"] {
            assert!(matches!(refused(wrong), Refusal::Malformed(_)), "{wrong}");
        }
        let long = text.replace("\"b1\"", &format!("\"{}\"", "x".repeat(LARGEST_BYTES)));
        assert!(matches!(refused(&long), Refusal::TooLarge(_)));
    }
}

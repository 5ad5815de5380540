//! Expectations: the checks that a case makes of its observations.

use regex::bytes::Regex;
use serde::{Deserialize, Serialize};

use super::address::Address;
use super::eapi::{Eapi, EapiSet};
use super::value::Value;
use super::words::is_phase;

/// An expectation as a case file gives it: a check for each range of EAPIs.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// The address of the observation.
    pub address: Address,
    /// The check in each range of EAPIs. In an EAPI outside of all ranges nothing is expected.
    pub by_eapi: Vec<(EapiSet, Check)>,
    /// The line in the case file, from 1.
    pub line: usize,
}

impl Expectation {
    /// The check in the EAPI.
    pub fn check(&self, eapi: Eapi) -> Option<&Check> {
        self.by_eapi
            .iter()
            .find(|(eapis, _)| eapis.contains(eapi))
            .map(|(_, check)| check)
    }
}

/// A check of one observation.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// It is sent once, with exactly this value.
    Equal(Value),
    /// Exactly these values are sent, in this order.
    Sequence(Vec<Value>),
    /// It is sent once, with one of these values.
    OneOf(Vec<Value>),
    /// It is sent once, with any other value.
    Not(Value),
    /// It is sent once, and the pattern matches somewhere.
    Matches(Pattern),
    /// It is sent once, and the pattern matches nowhere.
    MatchesNot(Pattern),
    /// It is not sent, although the step was carried out.
    Absent,
    /// Its words are these, in any order.
    Set(Vec<String>),
    /// Its words include these.
    Contains(Vec<String>),
    /// Its words include none of these.
    Lacks(Vec<String>),
    /// Its words (or repeated observations) include these in this order.
    Ordered(Vec<String>),
    /// The same as another observation.
    SameAs(Address),
    /// Not the same as another observation.
    DiffersFrom(Address),
    /// It is recorded and not judged.
    Recorded,
    /// The state of a path in the merged tree.
    File(FileCheck),
    /// How the step ends.
    Ending(Ending),
    /// Yes or no.
    Is(bool),
}

/// A regular expression, compared by its text.
#[derive(Debug, Clone)]
pub struct Pattern(pub Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// How a step must end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Ending {
    /// The package manager reports success.
    #[default]
    Succeeds,
    /// The step fails after the phase began and before it ended.
    Dies(String),
    /// The step fails.
    Fails,
    /// The step fails and no phase runs.
    Refused,
    /// The step succeeds or fails within the limits: the PMS leaves it open.
    Either,
}

impl Ending {
    /// Reads `succeeds`, `fails`, `refused`, `either` or `dies in PHASE`.
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "succeeds" => Some(Self::Succeeds),
            "fails" => Some(Self::Fails),
            "refused" => Some(Self::Refused),
            "either" => Some(Self::Either),
            _ => text
                .strip_prefix("dies in ")
                .filter(|phase| is_phase(phase))
                .map(|phase| Self::Dies(phase.to_owned())),
        }
    }
}

/// The state that a path must have. Fields that are none are not checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileCheck {
    /// Type.
    pub kind: Option<FileKind>,
    /// Permission bits with set-id bits.
    pub mode: Option<u32>,
    /// Numeric owner and group.
    pub owner: Option<(u32, u32)>,
    /// Content.
    pub content: Option<Box<Check>>,
    /// Target of a symbolic link.
    pub target: Option<String>,
    /// Modification time in seconds since the epoch.
    pub mtime_seconds: Option<i64>,
    /// Sub-second part of the modification time, in nanoseconds.
    pub mtime_nanoseconds: Option<u32>,
    /// Another path that is a hard link to the same file.
    pub same_inode: Option<String>,
}

/// The type of a path in the merged tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// There is nothing.
    Absent,
    /// There is something, of any type.
    Present,
    /// Regular file.
    File,
    /// Directory.
    Directory,
    /// Symbolic link.
    Symlink,
    /// FIFO.
    Fifo,
    /// Device or socket.
    Other,
}

impl FileKind {
    /// The words of case files.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("absent", Self::Absent),
        ("present", Self::Present),
        ("file", Self::File),
        ("directory", Self::Directory),
        ("symlink", Self::Symlink),
        ("fifo", Self::Fifo),
        ("other", Self::Other),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("other", |(word, _)| word)
    }
}

impl Check {
    /// The check with `change` applied to every text.
    pub fn map<E>(&self, change: &impl Fn(&str) -> Result<String, E>) -> Result<Self, E> {
        let value = |v: &Value| match std::str::from_utf8(&v.0) {
            Ok(text) => change(text).map(Value::from),
            Err(_) => Ok(v.clone()),
        };
        let words = |list: &[String]| {
            list.iter()
                .map(|w| change(w))
                .collect::<Result<Vec<_>, E>>()
        };
        Ok(match self {
            Self::Equal(v) => Self::Equal(value(v)?),
            Self::Not(v) => Self::Not(value(v)?),
            Self::Sequence(list) => {
                Self::Sequence(list.iter().map(value).collect::<Result<_, E>>()?)
            }
            Self::OneOf(list) => Self::OneOf(list.iter().map(value).collect::<Result<_, E>>()?),
            Self::Matches(p) => Self::Matches(p.map(change)?),
            Self::MatchesNot(p) => Self::MatchesNot(p.map(change)?),
            Self::Set(list) => Self::Set(words(list)?),
            Self::Contains(list) => Self::Contains(words(list)?),
            Self::Lacks(list) => Self::Lacks(words(list)?),
            Self::Ordered(list) => Self::Ordered(words(list)?),
            Self::SameAs(address) => Self::SameAs(address.map(change)?),
            Self::DiffersFrom(address) => Self::DiffersFrom(address.map(change)?),
            Self::File(file) => Self::File(FileCheck {
                content: file
                    .content
                    .as_ref()
                    .map(|c| c.map(change).map(Box::new))
                    .transpose()?,
                target: file.target.as_deref().map(change).transpose()?,
                same_inode: file.same_inode.as_deref().map(change).transpose()?,
                ..file.clone()
            }),
            Self::Absent | Self::Recorded | Self::Ending(_) | Self::Is(_) => self.clone(),
        })
    }
}

impl Pattern {
    /// A pattern. `^` and `$` match at line ends only with `(?m)`.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        Regex::new(text).map(Self)
    }

    /// Applies `change` to the text of the pattern. A pattern that is invalid after it stays as it was.
    fn map<E>(&self, change: &impl Fn(&str) -> Result<String, E>) -> Result<Self, E> {
        let text = change(self.0.as_str())?;
        Ok(Regex::new(&text).map_or_else(|_| self.clone(), Self))
    }
}

//! Expectations: the checks that a case makes of its observations.

use regex::bytes::Regex;

use super::address::Address;
use super::eapi::{Eapi, EapiSet};
use super::value::Value;
use super::words::is_phase;

/// An expectation as a case file gives it: a check for each range of EAPIs.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// What is observed.
    pub address: Address,
    /// What it must be, by EAPI; where no range fits, nothing is expected.
    pub by_eapi: Vec<(EapiSet, Check)>,
    /// Line in the case file, from 1.
    pub line: usize,
}

impl Expectation {
    /// The check that holds in the EAPI.
    pub fn check(&self, eapi: Eapi) -> Option<&Check> {
        self.by_eapi
            .iter()
            .find(|(eapis, _)| eapis.contains(eapi))
            .map(|(_, check)| check)
    }
}

/// What one observation must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// Sent once, and exactly this.
    Equal(Value),
    /// Sent as often, and exactly these, in order.
    Sequence(Vec<Value>),
    /// Sent once, and one of these.
    OneOf(Vec<Value>),
    /// Sent once, and anything but this.
    Not(Value),
    /// Sent once, and fits the pattern somewhere.
    Matches(Pattern),
    /// Sent once, and does not fit the pattern anywhere.
    MatchesNot(Pattern),
    /// Not sent, although the step was carried out.
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
    /// Kept, not judged.
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
    /// The request is fulfilled.
    #[default]
    Succeeds,
    /// The request fails after the phase began and before it ended.
    Dies(String),
    /// The request fails, somehow.
    Fails,
    /// The request fails and no phase of the ebuild runs.
    Refused,
    /// The request is fulfilled or fails, by itself and within the limits: the PMS leaves it open.
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

/// The state that a path must have. What is not given is not looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileCheck {
    /// Type; none when `absent`.
    pub kind: Option<FileKind>,
    /// Permission bits with set-id bits.
    pub mode: Option<u32>,
    /// `0:0`, numeric.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing there.
    Absent,
    /// Something there, whatever it is.
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
    /// The words in case files.
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
    /// The same with every text changed by `change`.
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
    /// A pattern, with `^` and `$` at line ends only where it says `(?m)`.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        Regex::new(text).map(Self)
    }

    /// Placeholders in a pattern stand for themselves, not for patterns; a pattern that the change
    /// spoils is left as it is.
    fn map<E>(&self, change: &impl Fn(&str) -> Result<String, E>) -> Result<Self, E> {
        let text = change(self.0.as_str())?;
        Ok(Regex::new(&text).map_or_else(|_| self.clone(), Self))
    }
}

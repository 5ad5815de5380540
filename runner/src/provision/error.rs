//! Errors of provisioning. Each message is one line that says what to do.

use std::{io, path::PathBuf};

use pep440_rs::Version;

use super::bash_version::BashVersion;
use super::spec::{Spec, SpecError};

/// A package manager or a Bash that could not be provided.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum Error {
    #[error(transparent)]
    Spec(#[from] SpecError),

    #[error("unknown package manager `{name}`: use one of {known}")]
    UnknownPm { name: String, known: String },

    #[error("`{program}` is not on PATH: install {pm} or choose another one, such as {instead}")]
    NotOnPath {
        pm: String,
        program: String,
        instead: String,
    },

    #[error("no `{program}` in {dir}: looked for {looked}; name a checkout or a prefix of {pm}", dir = dir.display())]
    NotInDir {
        pm: String,
        program: String,
        dir: PathBuf,
        looked: String,
    },

    #[error("cannot use {path} as the root of testbeds: {why}", path = path.display())]
    Tree { path: PathBuf, why: String },

    #[error("no package index carries {pm}: use `{pm}` (on PATH) or `{pm}:DIR`")]
    NotInRegistry { pm: String },

    #[error(
        "the package index has no `{package}`: check the settings of pip with `python3 -m pip config list`"
    )]
    UnknownPackage { package: String },

    #[error("{pm} {release} is not in the package index: {near}")]
    UnknownRelease {
        pm: String,
        release: Version,
        near: String,
    },

    #[error("the package index has no release that {spec} names: the newest is {newest}")]
    NothingPicked { spec: String, newest: String },

    #[error(
        "no Python 3 found on PATH or in the usual places: install python3 with its venv module"
    )]
    NoPython,

    #[error(
        "no Python here can make virtual environments (found {found}): install the venv module, for example with `apt install python3-venv`"
    )]
    NoVenv { found: String },

    #[error(
        "{pm} {release} requires Python {requires}, but this machine has only {found}: install a suitable Python, or choose another release"
    )]
    NoFittingPython {
        pm: String,
        release: Version,
        requires: String,
        found: String,
    },

    #[error(
        "cannot reach the package index for {package} ({detail}): check the network and pip's configuration, or choose a release that `pmsts pm list` shows"
    )]
    Network { package: String, detail: String },

    #[error("the disk is full at {path}: free disk space, or set PMSTS_CACHE to a directory on another disk", path = path.display())]
    DiskFull { path: PathBuf },

    #[error("cannot write to the cache {path} ({source}): set PMSTS_CACHE to a directory that you can write", path = path.display())]
    Cache { path: PathBuf, source: io::Error },

    #[error("no place for the cache: set PMSTS_CACHE, XDG_CACHE_HOME or HOME")]
    NoCacheDir,

    #[error("{what} is in use by another process: try again when it has ended")]
    InUse { what: String },

    #[error("{what} is not installed: install it with `pmsts pm install {what}`")]
    NotInstalled { what: String },

    #[error("{spec} is not in the cache, which has only releases: name them as NAME@RELEASE")]
    NotInCache { spec: String },

    #[error("{spec} may stand for several releases: name exactly one")]
    Several { spec: String },

    #[error("{step} failed: {detail}")]
    Step { step: String, detail: String },

    #[error("{step} took more than {seconds} s")]
    TimedOut { step: String, seconds: u64 },

    #[error("cannot run {program}: {source}", program = program.display())]
    Spawn { program: PathBuf, source: io::Error },

    #[error("interrupted")]
    Interrupted,

    #[error("{path} is not a usable Bash ({detail}): give the path of another one", path = path.display())]
    NotBash { path: PathBuf, detail: String },

    #[error("no bash on PATH: install it, or use --bash auto or --bash PATH")]
    NoBash,

    #[error("Bash {minimum} or newer is needed and {reason}: give one with --bash PATH")]
    NoStaticBash {
        minimum: BashVersion,
        reason: String,
    },
}

impl Error {
    /// Whether the error would occur for every release, not only for this one.
    pub(crate) fn concerns_all(&self) -> bool {
        matches!(
            self,
            Self::Interrupted
                | Self::DiskFull { .. }
                | Self::Cache { .. }
                | Self::NoCacheDir
                | Self::NotBash { .. }
        )
    }

    /// The error of writing below the cache. A full disk has a message of its own.
    pub(super) fn cache(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Cache { path, source },
        }
    }

    /// The error for a specification that does not name exactly one release.
    pub(super) fn several(spec: &Spec) -> Self {
        Self::Several {
            spec: spec.to_string(),
        }
    }

    /// The error for another system that cannot be used.
    pub(super) fn tree(path: &std::path::Path, why: String) -> Self {
        Self::Tree {
            path: path.to_owned(),
            why,
        }
    }

    pub(super) fn step(step: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Step {
            step: step.into(),
            detail: detail.into(),
        }
    }
}

//! The ledger: the known departures of one package manager from the PMS. With a ledger, a run fails on a new departure,
//! on a known one whose value has changed, and on an entry that is no longer observed.

mod bless;
mod seen;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use miette::Diagnostic;
use pep440_rs::{Version, VersionSpecifiers};
use pmsts_reports::record::{Instance, LedgerNote, TargetRecord};
use pmsts_testcases::{EapiSet, LoadError, Verdict};
use serde::{Deserialize, Serialize};

use seen::SeenValues;

/// Known departures of one package manager.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The package manager: `portage`.
    pub pm: String,
    /// The departures.
    #[serde(default)]
    pub known: Vec<Known>,
}

/// One known departure: a case fails, in these EAPIs and versions, like this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Id of the case.
    pub case: String,
    /// EAPIs in which it fails.
    pub eapis: EapiSet,
    /// The row, if the case has vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Versions in which it fails; all, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<VersionSpecifiers>,
    /// The kind of departure.
    pub kind: DepartureKind,
    /// PMS label of the section that it departs from.
    pub section: String,
    /// Why it is this kind; for a disputed one both readings.
    pub reason: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Observations that differ, each with its value. If neither these nor missing ones are given, any failure matches.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub actual: IndexMap<String, String>,
    /// Observations that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// The kind of a known departure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DepartureKind {
    /// The package manager departs from the PMS.
    Violation,
    /// The text of the PMS can be read in two ways.
    Disputed,
    /// The PMS forbids something to ebuilds, and the package manager accepts it.
    Leniency,
}

impl DepartureKind {
    fn word(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Disputed => "disputed",
            Self::Leniency => "leniency",
        }
    }
}

/// A ledger that cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LedgerError {
    /// The file cannot be read or written.
    #[error("cannot {what} `{path}`: {source}")]
    Io {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fault(Box<LoadError>),
    /// An entry lacks its reason.
    #[error(
        "`{path}`: the entry for `{case}` has no reason: find out why the case fails, and write the reason"
    )]
    NoReason {
        /// The file.
        path: PathBuf,
        /// The case.
        case: String,
    },
}

impl Ledger {
    /// A ledger without entries.
    pub fn new(pm: &str) -> Self {
        Self {
            pm: pm.to_owned(),
            known: Vec::new(),
        }
    }

    /// Reads a ledger; `None` if there is no file.
    pub fn read(path: &Path) -> Result<Option<Self>, LedgerError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(LedgerError::Io {
                    what: "read",
                    path: path.to_owned(),
                    source,
                });
            }
        };
        toml::from_str(&text)
            .map(Some)
            .map_err(|error| fault(path, &text, &error))
    }

    /// Fails if an entry has no reason.
    pub fn reasoned(self, path: &Path) -> Result<Self, LedgerError> {
        match self.known.iter().find(|k| k.reason.trim().is_empty()) {
            Some(known) => Err(LedgerError::NoReason {
                path: path.to_owned(),
                case: known.case.clone(),
            }),
            None => Ok(self),
        }
    }

    /// Marks every instance of a target that has an entry in the ledger.
    pub fn annotate(&self, target: &mut TargetRecord) {
        let version = target.version.parse::<Version>().ok();
        for instance in &mut target.instances {
            let known = self
                .known
                .iter()
                .find(|k| k.covers(instance, version.as_ref()));
            instance.ledger = known.and_then(|known| known.note(instance));
        }
    }
}

impl Known {
    fn covers(&self, instance: &Instance, version: Option<&Version>) -> bool {
        let eapi = instance.eapi.parse().ok();
        self.case == instance.case
            && self.row == instance.row
            && eapi.is_some_and(|eapi| self.eapis.contains(eapi))
            && self.fits(version)
    }

    /// Whether the entry covers the version. One that is not a release number, such as a checkout's, is always covered.
    fn fits(&self, version: Option<&Version>) -> bool {
        match (&self.versions, version) {
            (Some(versions), Some(version)) => versions.contains(version),
            _ => true,
        }
    }

    fn note(&self, instance: &Instance) -> Option<LedgerNote> {
        if matches!(instance.verdict, Verdict::Passed | Verdict::Recorded) {
            return Some(LedgerNote::Stale);
        }
        if !instance.verdict.is_failure() {
            return None;
        }
        Some(match SeenValues::of(instance).unlike(self) {
            Some(how) => LedgerNote::Changed { how },
            None => LedgerNote::Known {
                kind: self.kind.word().to_owned(),
                reason: self.reason.clone(),
            },
        })
    }
}

fn fault(path: &Path, text: &str, error: &toml::de::Error) -> LedgerError {
    let (file, span) = (path.display().to_string(), error.span().unwrap_or_default());
    LedgerError::Fault(Box::new(LoadError::new(&file, text, span, error.message())))
}

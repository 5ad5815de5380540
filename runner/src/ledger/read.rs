//! Reads ledgers: files that users give, and those that are part of pmsts.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use pmsts_testcases::{LoadError, Suite};

use super::{Finding, Ledger, kinds};

/// The ledgers that are part of pmsts.
const SHIPPED: [(&str, &str); 2] = [
    (
        "runner/ledgers/pkgcore.toml",
        include_str!("../../ledgers/pkgcore.toml"),
    ),
    (
        "runner/ledgers/portage.toml",
        include_str!("../../ledgers/portage.toml"),
    ),
];

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
}

impl Ledger {
    /// A ledger without findings.
    pub fn new(pm: &str) -> Self {
        Self {
            pm: pm.to_owned(),
            findings: Vec::new(),
        }
    }

    /// Reads a ledger; `None` if there is no file. With a suite, every finding must have a reason, and a kind that
    /// agrees with the catalogue.
    pub fn read(path: &Path, suite: Option<&Suite>) -> Result<Option<Self>, LedgerError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&path.display().to_string(), &text, suite).map(Some),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(LedgerError::Io {
                what: "read",
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Reads the text of a ledger file.
    pub(super) fn parse(
        file: &str,
        text: &str,
        suite: Option<&Suite>,
    ) -> Result<Self, LedgerError> {
        let fault = |span: Range<usize>, message: &str| {
            LedgerError::Fault(Box::new(LoadError::new(file, text, span, message)))
        };
        let ledger: Self = toml::from_str(text)
            .map_err(|error| fault(error.span().unwrap_or_default(), error.message()))?;
        let mut ids = BTreeSet::new();
        for finding in &ledger.findings {
            let wrong = if ids.insert(finding.id.as_str()) {
                suite.and_then(|suite| unfinished(finding, suite))
            } else {
                Some(format!("the id `{}` is used twice", finding.id))
            };
            if let Some(message) = wrong {
                return Err(fault(place(text, &finding.id), &message));
            }
        }
        Ok(ledger)
    }

    /// The ledgers that are part of pmsts, unchecked: a test checks them.
    ///
    /// # Errors
    /// A ledger is malformed.
    pub fn shipped() -> Result<Vec<Self>, LedgerError> {
        let ledgers = SHIPPED.iter();
        ledgers
            .map(|(file, text)| Self::parse(file, text, None))
            .collect()
    }

    /// The ledger that is part of pmsts for a package manager, if there is one.
    pub(crate) fn shipped_for(pm: &str) -> Option<Self> {
        let of_pm = |(file, _): &&(&str, &str)| Path::new(file).file_stem() == Some(pm.as_ref());
        let (file, text) = SHIPPED.iter().find(of_pm)?;
        Self::parse(file, text, None).ok()
    }

    /// Checks the ledgers that are part of pmsts against the catalogue.
    #[cfg(test)]
    pub(super) fn check_shipped(suite: &Suite) -> Vec<String> {
        let mut faults = Vec::new();
        for (file, text) in SHIPPED {
            let ledger = Self::parse(file, text, None).unwrap();
            for finding in &ledger.findings {
                faults.extend(unfinished(finding, suite));
            }
        }
        faults
    }
}

/// What people still have to write about a finding.
fn unfinished(finding: &Finding, suite: &Suite) -> Option<String> {
    let id = &finding.id;
    if finding.reason.trim().is_empty() {
        return Some(format!(
            "the finding `{id}` has no reason: find out why its cases fail, and write the reason"
        ));
    }
    if finding.title.trim().is_empty() {
        return Some(format!(
            "the finding `{id}` has no title: write in one sentence what the package manager does"
        ));
    }
    kinds::refused(finding, suite)
}

/// Where a finding's id stands in the text; the second place where it stands twice.
fn place(text: &str, id: &str) -> Range<usize> {
    let quoted = format!("\"{id}\"");
    let start = text.rfind(&quoted).unwrap_or_default();
    start..start + quoted.len()
}

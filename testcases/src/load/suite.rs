//! Loads the suite: from this program, from a directory, or from texts.

use std::fs;
use std::path::Path;

use super::error::{SuiteError, in_file};
use super::file::cases as read_cases;
use super::requirements::add_requirements;
use super::unique::Unique;
use crate::suite::Suite;

/// The commit of the PMS that the catalogue describes.
pub const PMS_REVISION: &str = "cf938665f47771c95384608c136a8e5c26be4044";

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

impl Suite {
    /// The suite that is part of this program.
    pub fn embedded() -> Result<Self, SuiteError> {
        Self::from_texts(REQUIREMENTS.iter().copied(), CASES.iter().copied())
    }

    /// The embedded suite; with the case files of a directory instead of the embedded ones, if one
    /// is given. Files of requirements in it add to the catalogue.
    pub fn of(cases_dir: Option<&Path>) -> Result<Self, SuiteError> {
        cases_dir.map_or_else(Self::embedded, Self::with_cases_of)
    }

    fn with_cases_of(dir: &Path) -> Result<Self, SuiteError> {
        let mut files = Vec::new();
        collect(dir, &mut files)?;
        files.sort();
        let texts = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        // Proposals for the next EAPI are tried without changing pmsts.
        let (requirements, cases): (Vec<_>, Vec<_>) = texts.partition(|(_, text)| {
            text.lines()
                .any(|line| line.trim_end() == "[[requirement]]")
        });
        let requirements = REQUIREMENTS.iter().copied().chain(requirements);
        Self::from_texts(requirements, cases)
    }

    /// The embedded catalogue with the cases of one text.
    ///
    /// # Errors
    /// All faults of the text.
    pub fn with_text(name: &str, text: &str) -> Result<Self, SuiteError> {
        Self::from_texts(REQUIREMENTS.iter().copied(), [(name, text)])
    }

    /// A suite from the texts of catalogue and case files, each with its name.
    ///
    /// # Errors
    /// All faults of all texts.
    pub fn from_texts<'a>(
        requirements: impl IntoIterator<Item = (&'a str, &'a str)>,
        cases: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SuiteError> {
        let mut suite = Self::default();
        let mut errors = Vec::new();
        for (name, text) in requirements {
            if let Err(faults) = add_requirements(&mut suite.catalogue, text) {
                errors.extend(in_file(faults, name, text));
            }
        }
        let mut unique = Unique::default();
        for (name, text) in cases {
            match read_cases(name, text, &suite.catalogue, &mut unique) {
                Ok(cases) => suite.cases.extend(cases),
                Err(faults) => errors.extend(in_file(faults, name, text)),
            }
        }
        if errors.is_empty() {
            Ok(suite)
        } else {
            Err(SuiteError::Faults(errors))
        }
    }
}

fn collect(dir: &Path, files: &mut Vec<(String, String)>) -> Result<(), SuiteError> {
    let failed = |path: &Path, source| SuiteError::Read {
        path: path.to_owned(),
        source,
    };
    for entry in fs::read_dir(dir).map_err(|e| failed(dir, e))? {
        let path = entry.map_err(|e| failed(dir, e))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
            files.push((path.display().to_string(), text));
        }
    }
    Ok(())
}

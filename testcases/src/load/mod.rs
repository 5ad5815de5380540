//! Reads the catalogue and the case files. A fault names its file, line and column.

mod build;
mod case;
mod check;
mod content;
mod expect;
mod fault;
mod item;
mod vectors;

pub use fault::{LoadError, position};

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fault::Fault;

use crate::expect::{Check, Ending};
use crate::model::Case;
use crate::requirement::{Catalogue, File as RequirementFile, Level, Subject};

/// The commit of the PMS that the catalogue describes.
pub const PMS_REVISION: &str = "cf938665f47771c95384608c136a8e5c26be4044";

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The requirements and the cases.
#[derive(Debug, Default)]
pub struct Suite {
    /// Requirements by id.
    pub catalogue: Catalogue,
    /// Cases by file and place.
    pub cases: Vec<Case>,
}

/// Why a suite cannot be loaded.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SuiteError {
    /// A directory or file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Files hold faults.
    #[error("{} in the case files", plural(.0.len()))]
    Faults(#[related] Vec<LoadError>),
}

fn plural(count: usize) -> String {
    if count == 1 {
        "1 fault".to_owned()
    } else {
        format!("{count} faults")
    }
}

impl Suite {
    /// The suite that is part of this program.
    pub fn embedded() -> Result<Self, SuiteError> {
        Self::from_texts(REQUIREMENTS.iter().copied(), CASES.iter().copied())
    }

    /// The suite with the case files of a directory, where one is given, in place of its own.
    pub fn of(cases_dir: Option<&Path>) -> Result<Self, SuiteError> {
        cases_dir.map_or_else(Self::embedded, Self::with_cases_of)
    }

    /// The embedded catalogue with the case files of a directory.
    pub fn with_cases_of(dir: &Path) -> Result<Self, SuiteError> {
        let mut files = Vec::new();
        collect(dir, &mut files)?;
        files.sort();
        let texts = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        Self::from_texts(REQUIREMENTS.iter().copied(), texts)
    }

    /// The embedded catalogue with the cases of one text.
    ///
    /// # Errors
    /// The first fault of the text.
    pub fn with_text(name: &str, text: &str) -> Result<Self, SuiteError> {
        Self::from_texts(REQUIREMENTS.iter().copied(), [(name, text)])
    }

    /// A suite from the texts of catalogue and case files, each with its name.
    ///
    /// # Errors
    /// Every faulty file with its first fault.
    pub fn from_texts<'a>(
        requirements: impl IntoIterator<Item = (&'a str, &'a str)>,
        cases: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SuiteError> {
        let mut suite = Self::default();
        let mut faults = Vec::new();
        for (name, text) in requirements {
            if let Err(fault) = add_requirements(&mut suite.catalogue, text) {
                faults.push(fault.in_file(name, text));
            }
        }
        let mut seen = HashMap::new();
        for (name, text) in cases {
            let added = item::parse(text)
                .and_then(|table| case::cases(name, text, table, &suite.catalogue))
                .and_then(|cases| {
                    cases
                        .iter()
                        .try_for_each(|(span, case)| unique(&mut seen, case, span))?;
                    Ok(cases)
                });
            match added {
                Ok(cases) => suite.cases.extend(cases.into_iter().map(|(_, case)| case)),
                Err(fault) => faults.push(fault.in_file(name, text)),
            }
        }
        if faults.is_empty() {
            Ok(suite)
        } else {
            Err(SuiteError::Faults(faults))
        }
    }

    /// Whether a package manager that fails the case accepts what it need not accept: all that the
    /// case verifies binds others, and it expects that they are refused.
    pub fn is_lenient(&self, case: &Case) -> bool {
        let binds_others = |id: &String| {
            self.catalogue.get(id).is_some_and(|it| {
                it.subject != Subject::PackageManager
                    && matches!(it.level, Level::Must | Level::MustNot | Level::Should)
            })
        };
        let mut checks = case.expect.iter().flat_map(|e| &e.by_eapi);
        let refuses = checks.any(
            |(_, check)| matches!(check, Check::Ending(it) if !matches!(it, Ending::Succeeds | Ending::Either)),
        );
        refuses && case.requirements.iter().all(binds_others)
    }

    /// The case with the id.
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}

/// Ids of cases and names of builds are unique in the suite: results are found by them.
fn unique(seen: &mut HashMap<String, String>, case: &Case, span: &item::Span) -> Result<(), Fault> {
    let place = format!("{}:{}", case.origin.file, case.origin.line);
    if let Some(first) = seen.insert(case.id.clone(), place) {
        let message = format!("the case `{}` stands already at {first}", case.id);
        return Err(Fault::new(span.clone(), message));
    }
    let file = &case.origin.file;
    match seen.insert(format!("build {}", case.build.name), file.clone()) {
        Some(first) if first != *file => {
            let message = format!("`{first}` has a build `{}` too", case.build.name);
            Err(Fault::new(span.clone(), message))
        }
        _ => Ok(()),
    }
}

fn add_requirements(catalogue: &mut Catalogue, text: &str) -> Result<(), Fault> {
    let file: RequirementFile = toml::from_str(text)
        .map_err(|e| Fault::new(e.span().unwrap_or_default(), e.message().to_owned()))?;
    for requirement in file.requirement {
        let span = requirement.span();
        let requirement = requirement.into_inner();
        let id = requirement.id.clone();
        if catalogue.insert(id.clone(), requirement).is_some() {
            return Err(Fault::new(
                span,
                format!("the requirement `{id}` stands twice"),
            ));
        }
    }
    Ok(())
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

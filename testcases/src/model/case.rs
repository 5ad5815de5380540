//! Cases, with their vectors.

use std::sync::Arc;

use super::build::Build;
use super::eapi::EapiSet;
use super::expect::Expectation;

/// A case: it verifies one or more requirements.
#[derive(Debug, Clone)]
pub struct Case {
    /// The stable name, unique in the suite.
    pub id: String,
    /// The verified behaviour, in one sentence.
    pub title: String,
    /// The PMS label of the section.
    pub section: String,
    /// The ids of the verified requirements.
    pub requirements: Vec<String>,
    /// The EAPIs in which the case runs.
    pub eapis: EapiSet,
    /// Both readings, if the text of the PMS can be read in two ways.
    pub disputed: Option<String>,
    /// Whether the PMS leaves the behaviour open. Such a case runs only with `--undefined`.
    pub undefined: bool,
    /// The files and the steps.
    pub build: Arc<Build>,
    /// The rows of arguments and expected values.
    pub vectors: Option<Arc<Vectors>>,
    /// The expectations, in the order of the case file.
    pub expect: Vec<Expectation>,
    /// The build with the case's own sabotage in it, under which the case must fail.
    pub sabotage: Option<Arc<Build>>,
    /// Why no sabotage can make the case fail.
    pub unsabotaged: Option<String>,
    /// The place in the case file.
    pub origin: Origin,
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The path of the file, below `testcases/` if it is embedded.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

impl Case {
    /// The chapter of its first requirement.
    pub fn chapter(&self) -> &str {
        self.requirements
            .first()
            .and_then(|id| id.split_once('.'))
            .map_or("", |(chapter, _)| chapter)
    }
}

/// A table of rows: each row is an instance of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    /// The names of the columns, which are placeholders.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row of a table of vectors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// The name, unique in the table.
    pub name: String,
    /// The EAPIs of the row; none for all EAPIs of the case.
    pub eapis: Option<EapiSet>,
    /// Whether the row runs only in the newest EAPI of the case that the target claims.
    pub newest: bool,
    /// A value for each column.
    pub values: Vec<String>,
}

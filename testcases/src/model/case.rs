//! Cases, with their vectors.

use std::sync::Arc;

use super::build::Build;
use super::eapi::EapiSet;
use super::expect::Expectation;

/// One case: what verifies one or more requirements.
#[derive(Debug, Clone)]
pub struct Case {
    /// Stable name, unique in the suite.
    pub id: String,
    /// What holds, in one sentence.
    pub title: String,
    /// PMS label.
    pub section: String,
    /// Requirements verified.
    pub requirements: Vec<String>,
    /// EAPIs it is run in.
    pub eapis: EapiSet,
    /// Both readings, where the text of the PMS can be read in two ways.
    pub disputed: Option<String>,
    /// Run only with `--undefined`: the PMS leaves the behaviour open.
    pub undefined: bool,
    /// What is put into the repository and done.
    pub build: Arc<Build>,
    /// Rows of arguments and expected values.
    pub vectors: Option<Arc<Vectors>>,
    /// What must be observed.
    pub expect: Vec<Expectation>,
    /// The build with the case's own sabotage in it, under which the case must fail.
    pub sabotage: Option<Arc<Build>>,
    /// Why no sabotage can make the case fail.
    pub unsabotaged: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// Where something is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Path below `testcases/`.
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
    /// Names of the columns, used as placeholders.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row of a table of vectors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Name, unique in the table.
    pub name: String,
    /// EAPIs in which it holds; all of the case's, when not given.
    pub eapis: Option<EapiSet>,
    /// A value for each column.
    pub values: Vec<String>,
}

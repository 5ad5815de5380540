//! The record of one known finding: a departure from the PMS with one cause, as the ledger describes it.

use serde::{Deserialize, Serialize};

/// A known finding that failures of a target are instances of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingRecord {
    /// What the package manager does, in one sentence.
    pub title: String,
    /// `violation`, `disputed` or `leniency`.
    pub kind: String,
    /// PMS labels of the sections that it departs from.
    pub sections: Vec<String>,
    /// What the PMS asks for, and what happens instead.
    pub reason: String,
    /// File and function of the package manager where the cause is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The first release that does it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last release that does it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Link to the bug report, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bug: Option<String>,
}

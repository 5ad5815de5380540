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
    /// The first release that does it, where known; `<=3.0.30` where that and no older one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The commit in which it began, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The last release that does it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Link to the bug report, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bug: Option<String>,
}

impl FindingRecord {
    /// Since when the package manager does it, in words.
    pub fn began(&self) -> Option<String> {
        let commit = self.commit.as_ref();
        let commit = commit.map(|commit| format!("commit {commit}"));
        let since = self.since.as_deref().map(began);
        match (since, commit) {
            (Some(since), Some(commit)) => Some(format!("{since}, {commit}")),
            (since, commit) => since.or(commit),
        }
    }
}

/// The key `since` of a finding in words.
pub fn began(since: &str) -> String {
    match since.strip_prefix("<=") {
        Some(release) => format!("{release} or before"),
        None => since.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_before_all_releases_that_were_asked_is_told_as_such() {
        assert_eq!(began("3.0.70"), "3.0.70");
        assert_eq!(began("<=3.0.30"), "3.0.30 or before");
    }
}

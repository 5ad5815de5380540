//! The ledger: the known findings about one package manager, each one departure from the PMS with one cause. With a
//! ledger, a run fails on a new failure, on a known one whose value has changed, and on an entry that is no longer
//! observed.

mod annotate;
mod bless;
mod kinds;
mod lists;
mod masking;
mod read;
#[cfg(test)]
mod tests;
mod values;

use indexmap::IndexMap;
use pep440_rs::{Version, VersionSpecifiers};
use pmsts_reports::record::{FindingRecord, Instance};
use pmsts_testcases::{Eapi, EapiSet, Verdict};
use serde::{Deserialize, Serialize};

pub use annotate::clear;
pub use read::LedgerError;

/// The known findings about one package manager.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The package manager: `portage`.
    pub pm: String,
    /// The findings.
    #[serde(default, rename = "finding")]
    pub findings: Vec<Finding>,
}

/// One departure from the PMS: one cause, and what was seen of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its id, stable and readable: `portage-econf-help-at-end`.
    pub id: String,
    /// What the package manager does, in one sentence.
    pub title: String,
    /// The kind of departure.
    pub kind: Kind,
    /// PMS labels of the sections that it departs from.
    pub sections: Vec<String>,
    /// What the PMS asks for and what happens instead; for a disputed one both readings.
    pub reason: String,
    /// For a violation of requirements that do not plainly bind the package manager: why they bind it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// Why the same cases are of another kind in the ledger of another package manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
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
    /// What was seen.
    #[serde(default)]
    pub seen: Vec<Seen>,
}

/// What was seen of a finding: a case fails, in these EAPIs and versions, like this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
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
    /// The verdict.
    pub verdict: Verdict,
    /// Observations that differ, each with its value; of a list only the elements that differ. If neither these nor
    /// missing ones are given, any failure matches.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub actual: IndexMap<String, String>,
    /// Observations that are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The package manager departs from the PMS.
    Violation,
    /// The text of the PMS can be read in two ways.
    Disputed,
    /// The PMS forbids something to ebuilds, and the package manager accepts it.
    Leniency,
}

impl Kind {
    /// The kind as a ledger writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Disputed => "disputed",
            Self::Leniency => "leniency",
        }
    }
}

impl Finding {
    /// The finding as a record keeps it.
    pub fn record(&self) -> FindingRecord {
        FindingRecord {
            title: self.title.clone(),
            kind: self.kind.word().to_owned(),
            sections: self.sections.clone(),
            reason: self.reason.clone(),
            source: self.source.clone(),
            since: self.since.clone(),
            commit: self.commit.clone(),
            until: self.until.clone(),
            bug: self.bug.clone(),
        }
    }

    /// Whether one of its entries is about the instance, in whatever version.
    pub fn covers(&self, instance: &Instance) -> bool {
        self.seen.iter().any(|seen| seen.covers(instance, None))
    }

    /// Ids of its cases, each once.
    pub fn cases(&self) -> Vec<&str> {
        let mut cases: Vec<&str> = Vec::new();
        for seen in &self.seen {
            if !cases.contains(&seen.case.as_str()) {
                cases.push(&seen.case);
            }
        }
        cases
    }
}

impl Ledger {
    /// Whether an instance is known to fail in a way that would break a call which it shares: the step does not end as it
    /// should, or observations are missing.
    pub fn breaks_a_call(&self, case: &str, eapi: Eapi, row: Option<&str>, version: &str) -> bool {
        let version = version.parse::<Version>().ok();
        let mut seen = self.findings.iter().flat_map(|finding| &finding.seen);
        seen.any(|seen| {
            seen.case == case
                && seen.row.as_deref() == row
                && seen.eapis.contains(eapi)
                && seen.fits(version.as_ref())
                && seen.is_broken()
        })
    }
}

impl Seen {
    /// Whether a step does not end as it should, or observations are missing.
    fn is_broken(&self) -> bool {
        let mut actual = self.actual.keys();
        !self.missing.is_empty()
            || self.verdict != Verdict::Failed
            || actual.any(|address| address.ends_with("outcome") || address.ends_with("installed"))
    }

    /// Whether the entry is about this instance of this version.
    fn covers(&self, instance: &Instance, version: Option<&Version>) -> bool {
        let eapi = instance.eapi.parse().ok();
        self.is_of(instance)
            && eapi.is_some_and(|eapi| self.eapis.contains(eapi))
            && self.fits(version)
    }

    /// Whether the entry is about the instance's case and row, in whatever EAPI.
    fn is_of(&self, instance: &Instance) -> bool {
        self.case == instance.case && self.row == instance.row
    }

    /// Whether the entry covers the version. One that is not a release number, such as a checkout's, is always covered.
    fn fits(&self, version: Option<&Version>) -> bool {
        match (&self.versions, version) {
            (Some(versions), Some(version)) => versions.contains(version),
            _ => true,
        }
    }
}

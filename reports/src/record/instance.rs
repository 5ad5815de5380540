//! The record of one instance: what it verifies, its verdict and the comparisons behind it.

use pmsts_testcases::{Compared, Verdict};
use serde::{Deserialize, Serialize};

/// One instance and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Instance {
    /// The instance's id, unique in a target and stable: `dosym-r-relative-target@8`; with a row of the vector,
    /// `ver-cut@8[1.2.3-1]`.
    pub id: String,
    /// Id of the case.
    pub case: String,
    /// Title of the case.
    pub title: String,
    /// EAPI.
    pub eapi: String,
    /// Name of the vector's row.
    pub row: Option<String>,
    /// PMS label: `feat:dosym-relative`.
    pub section: String,
    /// Chapter of the PMS: `pkg-mgr-commands`.
    pub chapter: String,
    /// Ids of the requirements that the instance verifies.
    pub requirements: Vec<String>,
    /// The verdict.
    #[cfg_attr(test, schemars(with = "super::described::Verdict"))]
    pub verdict: Verdict,
    /// The reason of the verdict, where it is not one of the comparisons.
    pub reason: Option<String>,
    /// Both readings, where the text of the PMS can be read in two ways.
    pub disputed: Option<String>,
    /// Expected and actual values.
    #[cfg_attr(test, schemars(with = "Vec<super::described::Compared>"))]
    #[serde(alias = "findings")]
    pub compared: Vec<Compared>,
    /// Index into the target's builds; absent where nothing was run.
    pub build: Option<usize>,
    /// Checksum of the rendered build: the key into the record's sources.
    pub checksum: String,
    /// Whether a failure means only that the package manager accepts something that the PMS forbids ebuilds,
    /// eclasses, profiles or repositories to do. The PMS does not require the package manager to reject it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lenient: bool,
    /// How the instance relates to the ledger of known findings, where a ledger was given that lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerNote>,
    /// Whether it first failed, and passed when it was retried alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
    /// When the verdict was found, RFC 3339, where it was reused from an earlier run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused: Option<String>,
}

impl Instance {
    /// Whether the instance makes the run fail: by a failure that no given ledger lists, or by an
    /// entry of a given ledger that is stale. The ledgers that are part of pmsts excuse nothing.
    pub fn fails_the_run(&self) -> bool {
        match &self.ledger {
            Some(LedgerNote::Known { shipped, .. }) => *shipped && self.verdict.is_failure(),
            Some(LedgerNote::Stale { shipped, .. }) => !shipped,
            Some(LedgerNote::Changed { .. } | LedgerNote::Blocked { .. }) | None => {
                self.verdict.is_failure()
            }
        }
    }

    /// Whether the instance fails as the ledger lists it.
    pub fn is_known(&self) -> bool {
        matches!(self.ledger, Some(LedgerNote::Known { .. }))
    }

    /// Whether the ledger lists the instance as failing, but it passed.
    pub fn is_stale(&self) -> bool {
        matches!(self.ledger, Some(LedgerNote::Stale { .. }))
    }

    /// Id and title of the known finding that the instance shows, or is blocked by. Records of older versions of pmsts
    /// name none.
    pub fn finding(&self) -> Option<(&str, &str)> {
        match &self.ledger {
            Some(
                LedgerNote::Known { finding, title, .. }
                | LedgerNote::Blocked { finding, title }
                | LedgerNote::Changed { finding, title, .. }
                | LedgerNote::Stale { finding, title, .. },
            ) if !finding.is_empty() => Some((finding, title)),
            _ => None,
        }
    }
}

/// How an instance relates to the ledger of known findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum LedgerNote {
    /// The instance fails as the ledger lists it. It does not make the run fail if the ledger was given.
    Known {
        /// `violation`, `disputed` or `leniency`.
        kind: String,
        /// The reason that the ledger gives.
        reason: String,
        /// Id of the finding.
        #[serde(default)]
        finding: String,
        /// Title of the finding.
        #[serde(default)]
        title: String,
        /// Whether the ledger is the one that is part of pmsts.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shipped: bool,
    },
    /// The instance fails, but not as the ledger lists it.
    Changed {
        /// The difference from the ledger.
        how: String,
        /// Id of the finding.
        #[serde(default)]
        finding: String,
        /// Title of the finding.
        #[serde(default)]
        title: String,
    },
    /// The instance could not be judged, as a known finding of another case ended their common build.
    Blocked {
        /// Id of the finding.
        finding: String,
        /// Title of the finding.
        title: String,
    },
    /// The ledger lists the instance as failing, but it passed.
    Stale {
        /// Id of the finding.
        #[serde(default)]
        finding: String,
        /// Title of the finding.
        #[serde(default)]
        title: String,
        /// Whether the ledger is the one that is part of pmsts.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shipped: bool,
    },
}

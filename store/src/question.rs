//! Questions about verdicts, and their answers, as they are written down.

use pmsts_testcases::Verdict;
use serde::{Deserialize, Serialize};

use crate::key::Key;

/// The largest page.
pub const LARGEST_PAGE: usize = 1_000;

/// A question about verdicts. What is absent selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// A case, an instance (both with wildcards * and ?), the PMS label of a section, or a finding.
    pub about: Option<String>,
    /// A package manager, a release of it, or a range: `portage`, `portage@3.0.83`, `portage@3.0.60..3.0.83`.
    pub pm: Option<String>,
    /// An EAPI.
    pub eapi: Option<String>,
    /// A verdict: `failed`.
    pub verdict: Option<Verdict>,
    /// Only verdicts found since then, RFC 3339.
    pub since: Option<String>,
    /// Words in the name, the title or the section.
    pub text: Option<String>,
    /// Name of a run: only what is known of its releases and has no verdict in it.
    pub not_in: Option<String>,
    /// Which of the verdicts to show.
    pub show: Show,
    /// How many to show at most, 100 unless given.
    pub limit: Option<usize>,
    /// Where to go on: `next` of the page before.
    pub after: Option<String>,
}

/// Which verdicts of an instance to show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Show {
    /// Every one.
    #[default]
    All,
    /// The failure on the first release that has one.
    FirstFailure,
    /// Those that differ from the verdict on the release before.
    Changes,
}

/// A page of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The verdicts, by instance, package manager and version.
    pub rows: Vec<Known>,
    /// Where the next page begins; absent where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A known verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The instance.
    pub instance: String,
    /// Its case.
    pub case: String,
    /// The title of the case.
    pub title: String,
    /// The EAPI.
    pub eapi: String,
    /// The PMS label of the section.
    pub section: String,
    /// The release: `portage@3.0.83`.
    pub release: String,
    /// The verdict.
    pub verdict: Verdict,
    /// When it was found.
    pub found: String,
    /// The key of the observations that it was judged from.
    pub key: Key,
    /// The known finding that it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// With [`Show::Changes`], the release before and its verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<(String, Verdict)>,
    /// How many other verdicts came later under the same key.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub conflicts: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

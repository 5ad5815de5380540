//! Counts the requirements that cases verify.

use std::collections::HashSet;

use serde::Serialize;

use crate::requirement::{Requirement, Testable};
use crate::suite::Suite;

/// The numbers of requirements, and of those that cases verify.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Requirements.
    pub total: usize,
    /// Those with `testable = "yes"`.
    pub testable: usize,
    /// Those with `testable = "partial"`.
    pub partial: usize,
    /// Those with `testable = "no"`.
    pub untestable: usize,
    /// Testable ones that a case verifies.
    pub covered: usize,
    /// Partly testable ones that a case verifies.
    pub covered_partial: usize,
    /// Ids of testable ones that no case verifies.
    pub uncovered: Vec<String>,
    /// Ids of partly testable ones that no case verifies.
    pub uncovered_partial: Vec<String>,
}

/// Counts the requirements that `admit` accepts, without drafts.
pub fn coverage(suite: &Suite, admit: impl Fn(&Requirement) -> bool) -> Coverage {
    let verified: HashSet<&str> = suite
        .cases
        .iter()
        .flat_map(|c| &c.requirements)
        .map(String::as_str)
        .collect();
    let mut coverage = Coverage::default();
    for requirement in suite.catalogue.values().filter(|r| !r.draft && admit(r)) {
        coverage.total += 1;
        let is_verified = verified.contains(requirement.id.as_str());
        match (requirement.testable, is_verified) {
            (Testable::Yes, true) => coverage.covered += 1,
            (Testable::Yes, false) => coverage.uncovered.push(requirement.id.clone()),
            (Testable::Partial, true) => coverage.covered_partial += 1,
            (Testable::Partial, false) => coverage.uncovered_partial.push(requirement.id.clone()),
            (Testable::No, _) => {}
        }
        match requirement.testable {
            Testable::Yes => coverage.testable += 1,
            Testable::Partial => coverage.partial += 1,
            Testable::No => coverage.untestable += 1,
        }
    }
    coverage
}
/// A share in percent, rounded; 100 only where nothing is missing, and where there is nothing at all.
pub fn percent(part: usize, whole: usize) -> usize {
    let rounded = (part * 100 + whole / 2).checked_div(whole).unwrap_or(100);
    if part < whole {
        rounded.min(99)
    } else {
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_and_full_only_where_nothing_is_missing() {
        assert_eq!(percent(2, 3), 67);
        assert_eq!(percent(1, 3), 33);
        assert_eq!(percent(1139, 1140), 99);
        assert_eq!(percent(3, 3), 100);
        assert_eq!(percent(0, 0), 100);
    }
}

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

/// Counts the requirements that `admit` accepts.
pub fn coverage(suite: &Suite, admit: impl Fn(&Requirement) -> bool) -> Coverage {
    let verified: HashSet<&str> = suite
        .cases
        .iter()
        .flat_map(|c| &c.requirements)
        .map(String::as_str)
        .collect();
    let mut coverage = Coverage::default();
    for requirement in suite.catalogue.values().filter(|r| admit(r)) {
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

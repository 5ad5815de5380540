//! Checks the kind of a finding against the catalogue, which says whom a requirement binds and how strongly.

use pmsts_testcases::{Level, Requirement, Subject, Suite, Testable};

use super::{Finding, Kind};

/// Why the finding cannot be a violation: no requirement of its cases binds the package manager for certain, and the
/// finding does not say why it is bound all the same. `None` where it can.
pub(super) fn refused(finding: &Finding, suite: &Suite) -> Option<String> {
    let answered = finding
        .answers
        .as_ref()
        .is_some_and(|a| !a.trim().is_empty());
    if finding.kind != Kind::Violation || answered {
        return None;
    }
    let cases = finding
        .seen
        .iter()
        .filter_map(|seen| suite.case(&seen.case));
    let ids = cases.flat_map(|case| &case.requirements);
    let requirements: Vec<&Requirement> = ids.filter_map(|id| suite.catalogue.get(id)).collect();
    // A ledger may list cases that this suite does not have.
    let first = requirements.first()?;
    if requirements.iter().any(|r| doubt(r).is_none()) {
        return None;
    }
    let why = first
        .why
        .as_ref()
        .map(|why| format!(" (the catalogue says: {why})"));
    Some(format!(
        "the finding `{}` cannot be a violation: `{}` {}{}, and its other requirements do not bind the package \
         manager for certain either; change its kind, or write in `answers` why the package manager is bound",
        finding.id,
        first.id,
        doubt(first).unwrap_or_default(),
        why.unwrap_or_default(),
    ))
}

/// Cases that fail in two ledgers and are of another kind there, where no finding says why.
#[cfg(test)]
pub(super) fn differing(one: &super::Ledger, other: &super::Ledger) -> Vec<String> {
    let mut faults = Vec::new();
    for (here, there) in one
        .findings
        .iter()
        .flat_map(|here| other.findings.iter().map(move |there| (here, there)))
    {
        let is_answered = here.differs.is_some() || there.differs.is_some();
        if here.kind == there.kind || is_answered {
            continue;
        }
        let shared = here.seen.iter().filter(|seen| {
            let same = |it: &super::Seen| it.case == seen.case && it.row == seen.row;
            there.seen.iter().any(same)
        });
        faults.extend(shared.map(|seen| {
            format!(
                "`{}` is {} as `{}` and {} as `{}`: give both one kind, or say in `differs` why not",
                seen.case,
                here.kind.word(),
                here.id,
                there.kind.word(),
                there.id
            )
        }));
    }
    faults
}

/// Why failing a test of a requirement may be no violation.
fn doubt(requirement: &Requirement) -> Option<String> {
    if requirement.subject != Subject::PackageManager {
        let whom = match requirement.subject {
            Subject::Ebuild => "ebuilds",
            Subject::Eclass => "eclasses",
            Subject::Profile => "profiles",
            Subject::Repository | Subject::PackageManager => "repositories",
        };
        return Some(format!("binds {whom}"));
    }
    match requirement.level {
        Level::Should => return Some("is a recommendation".to_owned()),
        Level::May => return Some("is a permission".to_owned()),
        Level::Undefined => return Some("is left open by the PMS".to_owned()),
        Level::Must | Level::MustNot | Level::Definition => {}
    }
    let partial = requirement.testable == Testable::Partial;
    partial.then(|| "can be tested only in part".to_owned())
}

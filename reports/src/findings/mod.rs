//! Findings: departures from the PMS as readers see them, each with one cause and any number of instances. Known ones
//! come from the ledger; failures that no ledger lists are grouped into proposed ones.

mod proposed;
mod traceback;

use crate::record::{FindingRecord, Instance, TargetRecord};

pub use proposed::{Proposed, group};
pub use traceback::last_line;

/// A known finding, and the instances of a target that show it.
#[derive(Debug)]
pub struct Known<'a> {
    /// Id of the finding; empty in records of older versions of pmsts.
    pub id: &'a str,
    /// What the ledger says about it.
    pub about: FindingRecord,
    /// Its failing instances, in the order of the record.
    pub instances: Vec<&'a Instance>,
    /// Instances that could not be judged because of it.
    pub blocked: Vec<&'a Instance>,
}

/// The known findings of a target, in the order in which the record shows them.
pub fn known(target: &TargetRecord) -> Vec<Known<'_>> {
    let mut found: Vec<Known<'_>> = Vec::new();
    for instance in target.instances.iter().filter(|i| i.is_known()) {
        let about = about(target, instance);
        let id = instance.finding().map_or("", |(id, _)| id);
        let same = |f: &&mut Known<'_>| f.id == id && (!id.is_empty() || f.about == about);
        match found.iter_mut().find(same) {
            Some(finding) => finding.instances.push(instance),
            None => found.push(Known {
                id,
                about,
                instances: vec![instance],
                blocked: Vec::new(),
            }),
        }
    }
    let blocked = target.instances.iter();
    for instance in blocked.filter(|i| !i.is_known() && !i.is_stale() && !i.verdict.is_failure()) {
        let Some((id, _)) = instance.finding() else {
            continue;
        };
        if let Some(finding) = found.iter_mut().find(|f| f.id == id) {
            finding.blocked.push(instance);
        }
    }
    found
}

/// What the ledger says about the finding that an instance shows.
fn about(target: &TargetRecord, instance: &Instance) -> FindingRecord {
    use crate::record::LedgerNote;
    let Some(LedgerNote::Known {
        kind,
        reason,
        finding,
        title,
        ..
    }) = &instance.ledger
    else {
        return FindingRecord::default();
    };
    if let Some(record) = target.findings.get(finding) {
        return record.clone();
    }
    FindingRecord {
        title: if title.is_empty() {
            instance.title.clone()
        } else {
            title.clone()
        },
        kind: kind.clone(),
        sections: vec![instance.section.clone()],
        reason: reason.clone(),
        ..FindingRecord::default()
    }
}

/// The failures of a target that no finding explains, grouped into proposed findings.
pub fn new(target: &TargetRecord) -> Vec<Proposed<'_>> {
    let new = target.instances.iter();
    let new = new.filter(|i| i.verdict.is_failure() && !i.is_known());
    group(target, new.collect())
}

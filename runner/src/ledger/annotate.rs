//! Marks the instances of a record that a ledger lists.

use pep440_rs::Version;
use pmsts_reports::record::{Instance, LedgerNote, TargetRecord};
use pmsts_testcases::Verdict;

use super::values::Values;
use super::{Finding, Ledger, Seen, masking};

impl Ledger {
    /// Marks every instance of a target that the ledger lists, and those that a known finding blocks. Marks of an
    /// earlier ledger are removed. `shipped` says that this is a ledger that is part of pmsts, which excuses nothing.
    pub fn annotate(&self, target: &mut TargetRecord, shipped: bool) {
        clear(target);
        let version = target.version.parse::<Version>().ok();
        for instance in &mut target.instances {
            let known = self.entry(instance, version.as_ref());
            let note = known.and_then(|(finding, seen)| note(finding, seen, instance, shipped));
            if let Some((finding, _)) = known.filter(|_| note.is_some()) {
                target.findings.insert(finding.id.clone(), finding.record());
            }
            instance.ledger = note;
        }
        masking::block(self, target, version.as_ref());
    }

    /// The entry that is about an instance.
    pub(super) fn entry(
        &self,
        instance: &Instance,
        version: Option<&Version>,
    ) -> Option<(&Finding, &Seen)> {
        let entries = self.findings.iter();
        let mut entries = entries.flat_map(|f| f.seen.iter().map(move |seen| (f, seen)));
        entries.find(|(_, seen)| seen.covers(instance, version))
    }
}

/// Removes the marks of an earlier ledger.
pub fn clear(target: &mut TargetRecord) {
    target.findings.clear();
    for instance in &mut target.instances {
        instance.ledger = None;
        masking::unblock(instance);
    }
}

fn note(finding: &Finding, seen: &Seen, instance: &Instance, shipped: bool) -> Option<LedgerNote> {
    let (id, title) = (finding.id.clone(), finding.title.clone());
    if matches!(instance.verdict, Verdict::Passed | Verdict::Recorded) {
        return Some(LedgerNote::Stale {
            finding: id,
            title,
            shipped,
        });
    }
    if !instance.verdict.is_failure() {
        return None;
    }
    Some(match Values::of(instance).unlike(seen) {
        Some(how) => LedgerNote::Changed {
            how,
            finding: id,
            title,
        },
        None => LedgerNote::Known {
            kind: finding.kind.word().to_owned(),
            reason: finding.reason.clone(),
            finding: id,
            title,
            shipped,
        },
    })
}

//! Known findings, as an explanation names them.

use serde::Serialize;

use crate::ledger::{Finding, Ledger};

/// A known finding of a ledger that is part of pmsts.
#[derive(Debug, Serialize)]
pub(super) struct Known<'a> {
    pub(super) pm: &'a str,
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<&'a str>,
}

/// The findings that are wanted, by package manager.
pub(super) fn known(ledgers: &[Ledger], wanted: impl Fn(&Finding) -> bool) -> Vec<Known<'_>> {
    let all = ledgers.iter().flat_map(|ledger| {
        let findings = ledger.findings.iter();
        findings.map(|finding| (ledger.pm.as_str(), finding))
    });
    let all = all.filter(|(_, finding)| wanted(finding));
    all.map(|(pm, finding)| Known {
        pm,
        id: &finding.id,
        title: &finding.title,
        kind: finding.kind.word(),
        since: finding.since.as_deref(),
        until: finding.until.as_deref(),
    })
    .collect()
}

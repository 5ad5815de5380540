//! What all formats have in common.

use super::*;
use crate::record::{LedgerNote, Shards};
use crate::sample;

#[test]
fn a_known_failure_fails_nothing_that_machines_read() {
    let mut results = sample::results();
    results.targets[0].instances[1].ledger = Some(LedgerNote::Known {
        kind: "violation".to_owned(),
        reason: "bug 1".to_owned(),
        finding: "portage-a".to_owned(),
        title: "It does so".to_owned(),
        shipped: false,
    });
    let tap = tap::render(&results);
    assert!(
        tap.contains("not ok 2 - bad@8 # TODO known violation portage-a: It does so. bug 1"),
        "{tap}"
    );
    assert!(tap.contains("\nok 1 - portage@3.0.83"), "{tap}");
    assert!(!github::render(&results).contains("::error"));
    assert!(badge::render(&results).contains("1 passed, 1 known"));
    let summary = markdown::render(&results);
    assert!(summary.contains("| known |"));
    assert!(
        summary.contains("| <code>portage-a</code> | violation | 1 | It does so |"),
        "{summary}"
    );
    assert!(junit::render(&results).contains("known violation portage-a: It does so. bug 1"));
}

#[test]
fn what_pmsts_knows_by_itself_still_fails_where_machines_read() {
    let mut results = sample::results();
    let (finding, title) = ("portage-a".to_owned(), "It does so".to_owned());
    results.targets[0].instances[0].ledger = Some(LedgerNote::Stale {
        finding: finding.clone(),
        title: title.clone(),
        shipped: true,
    });
    results.targets[0].instances[1].ledger = Some(LedgerNote::Known {
        kind: "violation".to_owned(),
        reason: "bug 1".to_owned(),
        finding,
        title,
        shipped: true,
    });
    let tap = tap::render(&results);
    assert!(
        tap.contains("\n    ok 1 - good@8") && tap.contains("\n    not ok 2 - bad@8\n"),
        "{tap}"
    );
    assert!(
        tap.contains("known violation portage-a: It does so"),
        "{tap}"
    );
    let xml = junit::render(&results);
    assert!(
        xml.contains("failures=\"1\"") && xml.contains("known violation portage-a"),
        "{xml}"
    );
}

#[test]
fn every_format_names_a_missing_shard() {
    let mut results = sample::results();
    results.targets[0].shards = Some(Shards {
        of: 3,
        parts: [1, 3].into(),
        places: [].into(),
    });
    for text in [
        markdown::render(&results),
        github::render(&results),
        tap::render(&results),
        junit::render(&results),
        terminal::styled(
            &results,
            &terminal::Styles::default(),
            80,
            terminal::Detail::NewFindings,
        ),
        html::render(&[results]).unwrap(),
    ] {
        assert!(text.contains("shard 2 of 3 is missing"), "{text}");
    }
}

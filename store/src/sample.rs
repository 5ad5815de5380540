//! Entries for tests.

use pmsts_testcases::Verdict;
use serde_json::value::RawValue;

use crate::database::Store;
use crate::entry::{Entry, FORM, Judged, Target};
use crate::key::Key;

/// An entry of the case on `portage@3.0.N`.
pub(crate) fn entry(case: &str, n: u32, verdict: Verdict) -> Entry {
    let release = format!("3.0.{n}");
    Entry {
        pmsts: FORM,
        key: Key::of([case, &release]),
        build: Key::of(["build", case, &release]),
        found: format!("2026-01-01T00:00:{:02}Z", n % 60),
        target: Some(Target {
            name: format!("portage@{release}"),
            pm: "portage".to_owned(),
            version: release,
            bash: "5.2".to_owned(),
            key: format!("{n:032x}"),
        }),
        verdicts: vec![Judged {
            instance: format!("{case}@8"),
            case: case.to_owned(),
            title: format!("The case {case} works on directories"),
            eapi: "8".to_owned(),
            section: "feat:dosym-relative".to_owned(),
            expect: "00000000000000aa".to_owned(),
            verdict,
        }],
        body: Some(RawValue::from_string(format!("\"b{n}\"")).unwrap()),
    }
}

/// Calls `test` with an empty store.
pub(crate) fn with_store(test: impl FnOnce(&mut Store)) {
    let dir = tempfile::tempdir().unwrap();
    test(&mut Store::open(&dir.path().join("store.db")).unwrap());
}

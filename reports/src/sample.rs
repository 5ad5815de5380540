//! A small record for the tests of this crate.

use std::collections::BTreeMap;

use pmsts_testcases::{Compared, Outcome, Value, Verdict};

use crate::record::*;

/// An instance that expected `a`.
pub(crate) fn instance(id: &str, verdict: Verdict, actual: &[u8]) -> Instance {
    Instance {
        id: format!("{id}@8"),
        case: id.to_owned(),
        title: "dosym -r links".to_owned(),
        eapi: "8".to_owned(),
        row: None,
        section: "feat:dosym-relative".to_owned(),
        chapter: "pkg-mgr-commands".to_owned(),
        requirements: vec!["pkg-mgr-commands.dosym-r".to_owned()],
        verdict,
        reason: (verdict == Verdict::Unsupported).then(|| "no EAPI 8".to_owned()),
        disputed: None,
        compared: vec![Compared {
            address: "src_install.link".to_owned(),
            expected: "`a`".to_owned(),
            exact: Some(Value::from("a")),
            actual: Some(Value(actual.to_vec())),
            outcome: if verdict == Verdict::Passed {
                Outcome::Met
            } else {
                Outcome::Differs
            },
            note: None,
        }],
        build: Some(0),
        checksum: "abc".to_owned(),
        lenient: false,
        ledger: None,
        flaky: false,
        reused: None,
    }
}

/// A record of one target with three instances, one of which observed hostile text.
pub(crate) fn results() -> Results {
    Results {
        schema: SCHEMA,
        suite: SuiteInfo {
            version: "0.1.0".to_owned(),
            revision: None,
            pms_revision: "cf938665".to_owned(),
        },
        host: HostInfo {
            kernel: "6.1".to_owned(),
            system: "Debian".to_owned(),
            arch: "x86_64".to_owned(),
            cores: 2,
        },
        started: "2026-11-21T00:00:00Z".to_owned(),
        duration_ms: 61_000,
        interrupted: false,
        stopped: None,
        arguments: vec!["run".to_owned()],
        seed: 1,
        repeats: None,
        stores: Vec::new(),
        targets: vec![target()],
        sources: BTreeMap::from([(
            "abc".to_owned(),
            SourceFiles {
                files: BTreeMap::from([("/a.ebuild".to_owned(), "EAPI=8\n".to_owned())]),
            },
        )]),
    }
}

fn target() -> TargetRecord {
    let hostile = b"<b>hostile</b></script><script>alert(1)</script>\x1b[2J\n\xff\x00";
    TargetRecord {
        name: "portage@3.0.83".to_owned(),
        pm: "portage".to_owned(),
        version: "3.0.83".to_owned(),
        spec: "portage@3.0.83".to_owned(),
        bash: "5.2.15".to_owned(),
        interpreter: Some("Python 3.11.2".to_owned()),
        testbed: "overlay".to_owned(),
        notes: vec!["FEATURES sandbox is off.".to_owned()],
        timing: Timing {
            wall_ms: 61_000,
            ..Timing::default()
        },
        instances: vec![
            instance("good", Verdict::Passed, b"a"),
            instance("bad", Verdict::Failed, hostile),
            instance("lacking", Verdict::Unsupported, b"a"),
        ],
        builds: vec![build()],
        ..TargetRecord::default()
    }
}

fn build() -> BuildRecord {
    BuildRecord {
        name: "good@8".to_owned(),
        batch_size: 2,
        attempts: 1,
        steps: vec![StepRecord {
            name: "install".to_owned(),
            command: vec!["emerge".to_owned()],
            ended: "exit status 0".to_owned(),
            duration_ms: 1200,
            phases: vec![PhaseRecord {
                ebuild: "main".to_owned(),
                phase: "src_install".to_owned(),
                begin_ms: 700,
                end_ms: Some(712),
            }],
            ..StepRecord::default()
        }],
        log: "</pre><b>hostile</b>\n".to_owned(),
        ..BuildRecord::default()
    }
}

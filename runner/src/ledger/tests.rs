use std::fs;

use pmsts_reports::record::{LedgerNote, TargetRecord, Timing};
use pmsts_testcases::{Compared, Outcome, Suite, Value};

use super::*;

#[test]
fn the_shipped_ledger_of_a_package_manager_is_its_own() {
    for pm in ["portage", "pkgcore"] {
        assert_eq!(Ledger::shipped_for(pm).unwrap().pm, pm);
    }
    assert!(Ledger::shipped_for("paludis").is_none());
}

#[test]
fn a_finding_that_ends_a_step_breaks_a_call_and_a_value_that_differs_does_not() {
    let text = "[[finding]]\nid = \"p-a\"\ntitle = \"t\"\nkind = \"violation\"\nsections = []\nreason = \"r\"\n";
    let seen = |case: &str, rest: &str| {
        format!(
            "[[finding.seen]]\ncase = \"{case}\"\neapis = \"0-8\"\nverdict = \"failed\"\n{rest}\n"
        )
    };
    let all = [
        seen("dies", "actual = { \"install/outcome\" = \"it died\" }"),
        seen("silent", "missing = [\"src_compile.x\"]"),
        seen("differs", "actual = { \"src_compile.x\" = \"1\" }"),
    ];
    let ledger: Ledger = toml::from_str(&format!("pm = \"p\"\n{text}{}", all.concat())).unwrap();
    let breaks = |case, eapi: &str| ledger.breaks_a_call(case, eapi.parse().unwrap(), None, "1");
    assert!(breaks("dies", "8") && breaks("silent", "0"));
    assert!(!breaks("dies", "9"), "another EAPI");
    assert!(!breaks("differs", "8") && !breaks("other", "8"));
}

fn instance(eapi: &str, verdict: Verdict, actual: &str) -> Instance {
    Instance {
        id: format!("a@{eapi}"),
        case: "a".to_owned(),
        title: "It holds".to_owned(),
        eapi: eapi.to_owned(),
        row: None,
        section: "feat:a".to_owned(),
        chapter: "commands".to_owned(),
        requirements: vec!["commands.a".to_owned()],
        verdict,
        reason: None,
        disputed: None,
        compared: vec![Compared {
            address: "src_install.a".to_owned(),
            expected: "`b`".to_owned(),
            exact: None,
            actual: Some(Value::from(actual)),
            outcome: if verdict == Verdict::Passed {
                Outcome::Met
            } else {
                Outcome::Differs
            },
            note: None,
        }],
        build: None,
        checksum: String::new(),
        lenient: false,
        ledger: None,
        flaky: false,
        reused: None,
    }
}

fn run(instances: Vec<Instance>) -> TargetRecord {
    TargetRecord {
        name: "portage@3.0.83".to_owned(),
        pm: "portage".to_owned(),
        version: "3.0.83".to_owned(),
        spec: "portage@3.0.83".to_owned(),
        bash: String::new(),
        dependencies: std::collections::BTreeMap::new(),
        interpreter: None,
        testbed: "overlay".to_owned(),
        options: Vec::new(),
        findings: std::collections::BTreeMap::new(),
        notes: Vec::new(),
        broken: None,
        key: None,
        shards: None,
        timing: Timing::default(),
        calls: Vec::new(),
        refused_messages: std::collections::BTreeMap::new(),
        instances,
        builds: Vec::new(),
    }
}

fn ledger(text: &str) -> Ledger {
    toml::from_str(&format!("pm = \"portage\"\n{text}")).unwrap()
}

const ENTRY: &str = r#"
[[finding]]
id = "portage-a"
title = "It does so"
kind = "violation"
sections = ["feat:a"]
reason = "it is so"

[[finding.seen]]
case = "a"
eapis = "7-8"
verdict = "failed"
actual = { "src_install.a" = "x-e@eapi@" }
"#;

fn notes(ledger: &Ledger, instances: Vec<Instance>) -> Vec<Option<LedgerNote>> {
    let mut run = run(instances);
    ledger.annotate(&mut run, false);
    run.instances.into_iter().map(|i| i.ledger).collect()
}

#[test]
fn what_is_known_is_known_and_what_differs_or_is_gone_fails() {
    let found = notes(
        &ledger(ENTRY),
        vec![
            instance("7", Verdict::Failed, "x-e7"),
            instance("8", Verdict::Failed, "y"),
            instance("8", Verdict::Passed, "b"),
            instance("9", Verdict::Failed, "x-e9"),
            instance("8", Verdict::TimedOut, "x-e8"),
            instance("8", Verdict::Unsupported, ""),
        ],
    );
    assert!(matches!(&found[0], Some(LedgerNote::Known { kind, .. }) if kind == "violation"));
    assert!(
        matches!(&found[1], Some(LedgerNote::Changed { how, .. }) if how.contains("x-e@eapi@"))
    );
    assert!(matches!(&found[2], Some(LedgerNote::Stale { finding, .. }) if finding == "portage-a"));
    assert_eq!(found[3], None);
    assert!(matches!(&found[4], Some(LedgerNote::Changed { .. })));
    assert_eq!(found[5], None);
}

#[test]
fn an_entry_speaks_of_its_versions_alone() {
    let old = ledger(&ENTRY.replace("eapis =", "versions = \"<3.0.80\"\neapis ="));
    assert_eq!(
        notes(&old, vec![instance("8", Verdict::Passed, "b")]),
        [None]
    );
}

/// Findings of a ledger, each with its entries: case, EAPIs and versions.
fn told(ledger: &Ledger) -> Vec<(String, Vec<String>)> {
    let entry = |s: &Seen| match &s.versions {
        Some(versions) => format!("{} {} {versions}", s.case, s.eapis),
        None => format!("{} {}", s.case, s.eapis),
    };
    let findings = ledger.findings.iter();
    findings
        .map(|f| (f.id.clone(), f.seen.iter().map(entry).collect()))
        .collect()
}

#[test]
fn blessing_keeps_what_people_wrote_joins_eapis_and_leaves_what_was_not_run() {
    let other = ENTRY
        .replace("-a\"", "-b\"")
        .replace("case = \"a\"", "case = \"other\"");
    let old = ledger(&(ENTRY.to_owned() + &other));
    let run = run(vec![
        instance("7", Verdict::Passed, "b"),
        instance("8", Verdict::Failed, "new"),
        instance("9", Verdict::Failed, "new"),
    ]);
    let new = old.blessed(&[&run]);
    let entries = |id: &str, entry: &str| (id.to_owned(), vec![entry.to_owned()]);
    assert_eq!(
        told(&new),
        [
            entries("portage-a", "a 8-9"),
            entries("portage-b", "other 7-8")
        ]
    );
    assert_eq!(new.findings[0].reason, "it is so");
    assert_eq!(new.findings[0].seen[0].actual["src_install.a"], "new");
    // A blessed ledger matches the record that it was blessed from.
    let text = toml::to_string_pretty(&new).unwrap();
    assert_eq!(toml::from_str::<Ledger>(&text).unwrap(), new);
    assert!(matches!(
        notes(&new, run.instances)[1],
        Some(LedgerNote::Known { .. })
    ));
}

#[test]
fn blessing_some_eapis_does_not_split_an_entry() {
    let old = ledger(&ENTRY.replace("\"7-8\"", "\"0-9\""));
    let same = run(vec![instance("8", Verdict::Failed, "x-e8")]);
    assert_eq!(old.blessed(&[&same]), old);
}

#[test]
fn blessing_leaves_what_is_known_of_other_versions() {
    let old = ledger(&ENTRY.replace("eapis =", "versions = \"<3.0.80\"\neapis ="));
    let passed = run(vec![instance("8", Verdict::Passed, "b")]);
    assert_eq!(old.blessed(&[&passed]), old);
    let failed = run(vec![instance("8", Verdict::Failed, "new")]);
    let new = old.blessed(&[&failed]);
    let entries = |id: &str, entry: &str| (id.to_owned(), vec![entry.to_owned()]);
    assert_eq!(
        told(&new),
        [
            entries("portage-a", "a 7-8 <3.0.80"),
            entries("portage-new-a", "a 8")
        ]
    );
    assert_eq!(new.findings[1].reason, "");
}

#[test]
fn new_failures_become_proposed_findings_grouped_by_requirement() {
    let mut other = instance("8", Verdict::Failed, "y");
    other.case = "b".to_owned();
    let mut apart = instance("8", Verdict::Failed, "z");
    (apart.case, apart.requirements) = ("c".to_owned(), vec!["commands.c".to_owned()]);
    let found = run(vec![instance("8", Verdict::Failed, "x"), other, apart]);
    let new = Ledger::new("portage").blessed(&[&found]);
    let entries = |id: &str, entries: &[&str]| {
        let entries: Vec<String> = entries.iter().map(|&e| e.to_owned()).collect();
        (id.to_owned(), entries)
    };
    assert_eq!(
        told(&new),
        [
            entries("portage-new-a", &["a 8", "b 8"]),
            entries("portage-new-c", &["c 8"])
        ]
    );
}

#[test]
fn a_list_is_known_whatever_else_is_in_it() {
    let text = ENTRY.replace("x-e@eapi@", "PF T HOME D ");
    let seen = |value: &str| {
        let mut instance = instance("8", Verdict::Failed, value);
        instance.compared[0].expected = "without the words T D".to_owned();
        instance
    };
    let found = notes(
        &ledger(&text),
        vec![seen("PF USE T HOME D"), seen("PF T HOME")],
    );
    assert!(matches!(&found[0], Some(LedgerNote::Known { .. })));
    assert!(matches!(&found[1], Some(LedgerNote::Changed { .. })));
    let new = Ledger::new("portage").blessed(&[&run(vec![seen("PF USE T HOME D")])]);
    assert_eq!(new.findings[0].seen[0].actual["src_install.a"], "has T D");
}

fn compared(address: &str, outcome: Outcome) -> Compared {
    Compared {
        address: address.to_owned(),
        expected: "the step succeeds".to_owned(),
        exact: None,
        actual: (outcome != Outcome::Missing).then(|| Value::from("the step failed")),
        outcome,
        note: None,
    }
}

/// An instance of another case, which stands on the same build as the one that the ledger lists.
fn beside(compared: Vec<Compared>) -> Instance {
    Instance {
        id: "b@8".to_owned(),
        case: "b".to_owned(),
        build: Some(0),
        compared,
        ..instance("8", Verdict::Failed, "")
    }
}

#[test]
fn what_a_known_end_of_the_build_hides_is_blocked() {
    let entry = ENTRY
        .replace("src_install.a", "install/outcome")
        .replace("x-e@eapi@", "the step failed");
    let mut ended = instance("8", Verdict::Failed, "");
    ended.compared = vec![compared("install/outcome", Outcome::Differs)];
    ended.build = Some(0);
    let (outcome, missing, differs) = (
        compared("install/outcome", Outcome::Differs),
        compared("src_install.x", Outcome::Missing),
        compared("src_install.x", Outcome::Differs),
    );
    let elsewhere = Instance {
        build: Some(1),
        ..beside(vec![outcome.clone()])
    };
    let mut run = run(vec![
        ended,
        beside(vec![outcome.clone(), missing.clone()]),
        beside(vec![missing]),
        beside(vec![outcome, differs]),
        elsewhere,
    ]);
    let before = run.clone();
    let ledger = ledger(&entry);
    ledger.annotate(&mut run, false);
    let verdicts: Vec<Verdict> = run.instances.iter().map(|i| i.verdict).collect();
    let (failed, blocked) = (Verdict::Failed, Verdict::Blocked);
    assert_eq!(verdicts, [failed, blocked, blocked, failed, failed]);
    assert_eq!(
        run.instances[1].finding(),
        Some(("portage-a", "It does so"))
    );
    assert!(!run.instances[1].fails_the_run());
    // Annotating again, with a ledger that lists nothing, gives the verdicts back.
    clear(&mut run);
    assert_eq!(run.instances[1], before.instances[1]);
    assert_eq!(run.instances[2].verdict, Verdict::NotObserved);
}

#[test]
fn a_shipped_ledger_excuses_nothing() {
    let mut run = run(vec![
        instance("7", Verdict::Failed, "x-e7"),
        instance("8", Verdict::Passed, "b"),
    ]);
    ledger(ENTRY).annotate(&mut run, true);
    let fails: Vec<bool> = run.instances.iter().map(Instance::fails_the_run).collect();
    assert!(run.instances[0].is_known() && run.instances[1].is_stale());
    assert_eq!(fails, [true, false]);
    assert_eq!(run.findings["portage-a"].title, "It does so");
}

fn refused(text: &str) -> String {
    let suite = Suite::embedded().unwrap();
    let text = format!("pm = \"portage\"\n{text}");
    let error = Ledger::parse("l.toml", &text, Some(&suite)).unwrap_err();
    error.to_string()
}

#[test]
fn a_finding_without_a_reason_is_refused_at_its_place() {
    let error = refused(&ENTRY.replace("it is so", " "));
    assert!(
        error.contains("l.toml:4:6: the finding `portage-a` has no reason"),
        "{error}"
    );
    let twice = refused(&ENTRY.repeat(2));
    assert!(twice.contains("used twice"), "{twice}");
}

#[test]
fn a_violation_of_what_does_not_bind_the_package_manager_must_say_why() {
    let suite = Suite::embedded().unwrap();
    let lenient = suite.cases.iter().find(|case| suite.is_lenient(case));
    let case = format!("case = \"{}\"", lenient.unwrap().id);
    let text = ENTRY.replace("case = \"a\"", &case);
    let error = refused(&text);
    assert!(
        error.contains("`portage-a` cannot be a violation: `"),
        "{error}"
    );
    let answered = text.replace("kind =", "answers = \"it says so\"\nkind =");
    let text = format!("pm = \"portage\"\n{answered}");
    assert!(Ledger::parse("l.toml", &text, Some(&suite)).is_ok());
}

#[test]
fn the_shipped_ledgers_are_finished_and_name_cases_of_the_suite() {
    let suite = Suite::embedded().unwrap();
    let faults = Ledger::check_shipped(&suite);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for ledger in Ledger::shipped().unwrap() {
        for seen in ledger.findings.iter().flat_map(|f| &f.seen) {
            assert!(suite.case(&seen.case).is_some(), "{}", seen.case);
        }
    }
}

#[test]
fn a_case_has_one_kind_in_all_shipped_ledgers_unless_a_finding_says_why() {
    let mut ledgers = Ledger::shipped().unwrap();
    let faults = kinds::differing(&ledgers[0], &ledgers[1]);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for finding in ledgers.iter_mut().flat_map(|ledger| &mut ledger.findings) {
        finding.differs = None;
    }
    let faults = kinds::differing(&ledgers[0], &ledgers[1]);
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("env-image-exported")),
        "{faults:?}"
    );
}

#[test]
fn a_shipped_finding_names_files_and_functions() {
    for finding in Ledger::shipped().unwrap().iter().flat_map(|l| &l.findings) {
        let source = finding.source.as_deref().unwrap_or_default();
        let is_place = |place: &str| place.contains(": ");
        assert!(source.split("; ").all(is_place), "{}: {source}", finding.id);
    }
}

#[test]
fn a_fault_names_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l.toml");
    fs::write(&path, "pm = \"portage\"\n[[finding]]\nid = 3\n").unwrap();
    let error = Ledger::read(&path, None).unwrap_err().to_string();
    assert!(error.contains("l.toml:"), "{error}");
    assert_eq!(Ledger::read(&dir.path().join("none"), None).unwrap(), None);
}

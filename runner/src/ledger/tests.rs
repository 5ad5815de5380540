use pmsts_reports::record::{LedgerNote, Timing};
use pmsts_testcases::{Compared, Outcome, Value};

use super::*;

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
        notes: Vec::new(),
        broken: None,
        key: None,
        shards: None,
        timing: Timing::default(),
        refused_messages: std::collections::BTreeMap::new(),
        instances,
        builds: Vec::new(),
    }
}

fn ledger(text: &str) -> Ledger {
    toml::from_str(&format!("pm = \"portage\"\n{text}")).unwrap()
}

const ENTRY: &str = r#"
[[known]]
case = "a"
eapis = "7-8"
kind = "violation"
section = "feat:a"
reason = "it is so"
verdict = "failed"
actual = { "src_install.a" = "x-e@eapi@" }
"#;

fn notes(ledger: &Ledger, instances: Vec<Instance>) -> Vec<Option<LedgerNote>> {
    let mut run = run(instances);
    ledger.annotate(&mut run);
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
    assert!(matches!(&found[1], Some(LedgerNote::Changed { how }) if how.contains("x-e@eapi@")));
    assert_eq!(found[2], Some(LedgerNote::Stale));
    assert_eq!(found[3], None);
    assert!(matches!(&found[4], Some(LedgerNote::Changed { .. })));
    assert_eq!(found[5], None);
}

#[test]
fn an_entry_speaks_of_its_versions_alone() {
    let old = ledger(&ENTRY.replace("kind =", "versions = \"<3.0.80\"\nkind ="));
    assert_eq!(
        notes(&old, vec![instance("8", Verdict::Passed, "b")]),
        [None]
    );
}

#[test]
fn blessing_keeps_what_people_wrote_joins_eapis_and_leaves_what_was_not_run() {
    let old = ledger(&(ENTRY.to_owned() + &ENTRY.replace("\"a\"\n", "\"other\"\n")));
    let run = run(vec![
        instance("7", Verdict::Passed, "b"),
        instance("8", Verdict::Failed, "new"),
        instance("9", Verdict::Failed, "new"),
    ]);
    let new = old.blessed(&[&run]);
    let mut told = new
        .known
        .iter()
        .map(|k| (k.case.as_str(), k.eapis.to_string(), k.reason.as_str()));
    assert_eq!(told.next(), Some(("a", "8-9".to_owned(), "it is so")));
    assert_eq!(told.next(), Some(("other", "7-8".to_owned(), "it is so")));
    assert_eq!(told.next(), None);
    assert_eq!(new.known[0].actual["src_install.a"], "new");
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
    let old = ledger(&ENTRY.replace("kind =", "versions = \"<3.0.80\"\nkind ="));
    let passed = run(vec![instance("8", Verdict::Passed, "b")]);
    assert_eq!(old.blessed(&[&passed]), old);
    let failed = run(vec![instance("8", Verdict::Failed, "new")]);
    let new = old.blessed(&[&failed]).known;
    assert_eq!((new.len(), new[1].reason.as_str()), (2, ""));
    assert_eq!(new[1].versions, None);
}

#[test]
fn an_entry_without_a_reason_is_refused() {
    let path = Path::new("l.toml");
    let bare = ledger(&ENTRY.replace("it is so", " "));
    assert!(bare.reasoned(path).unwrap_err().to_string().contains("`a`"));
}

#[test]
fn a_fault_names_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l.toml");
    fs::write(&path, "pm = \"portage\"\n[[known]]\ncase = 3\n").unwrap();
    let error = Ledger::read(&path).unwrap_err().to_string();
    assert!(error.contains("l.toml:"), "{error}");
    assert_eq!(Ledger::read(&dir.path().join("none")).unwrap(), None);
}

//! The suite on itself: a small scripted package manager with one seeded defect each time, and the
//! case that must name it. Wants root.

mod common;

use std::process::{Command, Output};

use common::{Bench, Scripted, quick, short_limits, text};
use serde_json::Value as Json;

/// Cases of the library that the scripted package manager is big enough for.
const CASES: [&str; 8] = [
    "order-install",
    "order-uninstall",
    "order-upgrade",
    "merge-content",
    "merge-removed",
    "merge-symlink-rewritten",
    "die-aborts",
    "env-workdir",
];

fn pmsts(command: &[&str], pm: &Scripted, more: &[&str]) -> Output {
    let arguments = pm.arguments();
    Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .args(command)
        .args(arguments)
        .args(more)
        .output()
        .unwrap()
}

/// Cases that did not pass, each with its verdict.
fn failing(defect: &str) -> Vec<(String, String)> {
    let pm = Scripted::new(defect);
    let output = pmsts(
        &["run", "--format", "json"],
        &pm,
        &[&CASES[..], &short_limits("6")].concat(),
    );
    let results: Json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    let instances = results["targets"][0]["instances"].as_array().unwrap();
    assert_eq!(instances.len(), CASES.len());
    let word = |value: &Json| value.as_str().unwrap().to_owned();
    instances
        .iter()
        .filter(|i| i["verdict"] != "passed")
        .map(|i| (word(&i["case"]), word(&i["verdict"])))
        .collect()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn without_a_defect_every_case_passes() {
    assert_eq!(failing(""), []);
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn each_defect_is_named_by_its_case() {
    for (defect, cases) in [
        ("skips-a-phase", &["order-install"][..]),
        ("swaps-two-phases", &["order-install"]),
        ("loses-environment", &["order-uninstall", "order-upgrade"]),
        (
            "writes-outside",
            &["merge-removed", "merge-symlink-rewritten"],
        ),
        ("dies-mid-merge", &["merge-content", "order-install"]),
        ("does-nothing", &["merge-content", "order-install"]),
    ] {
        let found = failing(defect);
        for case in cases {
            let named = (String::from(*case), "failed".to_owned());
            assert!(
                found.contains(&named),
                "{defect}: {case} is not in {found:?}"
            );
        }
        // Not everything falls over: the defect is told from others.
        if !["dies-mid-merge", "does-nothing"].contains(&defect) {
            assert!(found.len() < CASES.len() / 2, "{defect}: {found:?}");
        }
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_package_manager_that_does_not_start_is_broken_and_has_no_verdicts() {
    let pm = Scripted::new("does-not-start");
    let output = pmsts(&["run", "--format", "json"], &pm, &CASES);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let results: Json = serde_json::from_slice(&output.stdout).unwrap();
    let target = &results["targets"][0];
    let reason = target["broken"].as_str().unwrap();
    assert!(reason.ends_with("scripted: wrong interpreter"), "{reason}");
    assert_eq!(target["instances"].as_array().unwrap().len(), 0);
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn each_target_is_tried_even_if_the_run_ends_at_the_first_failure() {
    let pm = Scripted::new("does-not-start");
    // The same package manager in a second place is a second target.
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("second");
    let place = pm.arguments()[3].clone();
    std::os::unix::fs::symlink(place.trim_start_matches("scripted:"), &link).unwrap();
    let second = format!("scripted:{}", link.display());
    let more = ["--pm", &second, "--fail-fast", "--jobs", "1", CASES[0]];
    let output = pmsts(&["run", "--format", "json"], &pm, &more);
    let results: Json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    let targets = results["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 2);
    for target in targets {
        let reason = target["broken"].as_str().unwrap_or_default();
        assert!(reason.ends_with("scripted: wrong interpreter"), "{target}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_ends_at_a_limit_is_told_from_what_fails() {
    for (defect, verdict) in [("never-ends", "timed-out"), ("floods-its-output", "failed")] {
        let found = failing(defect);
        assert!(
            found.iter().any(|(_, v)| v == verdict),
            "{defect}: {found:?}"
        );
    }
}

/// What `pmsts adapter check` says that a package manager with the defect does not do.
fn lacking(defect: &str) -> Vec<String> {
    let pm = Scripted::new(defect);
    let arguments = pm.arguments();
    // Adapter, FILE, --pm, SPEC.
    let limits = ["--timeout", "4", "--timeout-per-build", "0", "--grace", "1"];
    let output = Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .args(["adapter", "check", &arguments[1], "--format", "json"])
        .args(&arguments[2..4])
        .args(limits)
        .output()
        .unwrap();
    let checked: Json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    let failed = checked
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["state"] == "fails");
    let failed: Vec<String> = failed
        .map(|c| c["what"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(output.status.code(), Some(i32::from(!failed.is_empty())));
    failed
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn an_adapter_is_told_what_its_package_manager_does_not_do() {
    assert_eq!(lacking(""), [""; 0]);
    assert_eq!(lacking("forks-a-daemon"), ["no process is left behind"]);
    assert_eq!(
        lacking("succeeds-whatever-happens"),
        ["the exit status reports a failed build"]
    );
    assert!(lacking("does-nothing").contains(&"it installs, and every phase reports".to_owned()));
    assert!(lacking("closes-its-terminal").contains(&"the output of a build arrives".to_owned()));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn every_case_here_notices_a_sabotage() {
    let output = pmsts(
        &["sabotage", "--format", "json"],
        &Scripted::new(""),
        &CASES,
    );
    let found: Json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    assert_eq!(found["cases"], CASES.len(), "{found}");
    assert_eq!(found["missed"], serde_json::json!([]), "{found}");
    assert_eq!(output.status.code(), Some(0));
}

/// What `pmsts control` finds of a case file, and its exit status.
fn controlled(cases: &str) -> (Json, Option<i32>) {
    let bench = Bench::new(cases);
    let cases = bench.cases().display().to_string();
    let pm = Scripted::new("");
    let arguments = [
        "sabotage",
        "--undefined",
        "--format",
        "json",
        "--cases-dir",
        &cases,
    ];
    let output = pmsts(&arguments, &pm, &[]);
    let found =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    (found, output.status.code())
}

/// The loader takes such a case only where it is not judged.
fn that_cannot_fail() -> String {
    let open = quick().replace("title =", "undefined = true\ntitle =");
    open.replace("\"src_compile.x\" = \"y\"", "outcome = \"either\"")
}

fn with_excuse(cases: &str) -> String {
    cases.replacen("title =", "unsabotaged = \"why\"\ntitle =", 1)
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_case_that_cannot_fail_is_missed() {
    let (found, status) = controlled(&that_cannot_fail());
    assert_eq!(found["missed"], serde_json::json!(["quick"]), "{found}");
    assert_eq!(status, Some(1));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn an_excuse_is_named_and_is_stale_where_a_sabotage_is_noticed() {
    let (found, status) = controlled(&with_excuse(&that_cannot_fail()));
    let lists = |found: &Json| (found["missed"].clone(), found["stale"].clone());
    assert_eq!(
        found["excused"],
        serde_json::json!({"quick": "why"}),
        "{found}"
    );
    assert_eq!(
        lists(&found),
        (serde_json::json!([]), serde_json::json!([]))
    );
    // Of the cases none was caught, whatever their excuse.
    assert_eq!(status, Some(1));
    let (found, status) = controlled(&with_excuse(&quick()));
    assert_eq!(found["excused"], serde_json::json!({}), "{found}");
    assert_eq!(
        lists(&found),
        (serde_json::json!([]), serde_json::json!(["quick"]))
    );
    assert_eq!(status, Some(0));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_ledger_is_written_believed_and_stale() {
    let (well, ill) = (Scripted::new(""), Scripted::new("skips-a-phase"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scripted.toml");
    let ledger = file.to_str().unwrap();
    let run = |pm: &Scripted, more: &[&str]| {
        pmsts(
            &["run", "--ledger", ledger],
            pm,
            &[&CASES[..], more].concat(),
        )
    };
    assert_eq!(
        run(&ill, &[]).status.code(),
        Some(2),
        "there is no ledger yet"
    );
    assert_eq!(run(&ill, &["--bless"]).status.code(), Some(0));
    let unreasoned = run(&ill, &[]);
    assert_eq!(unreasoned.status.code(), Some(3));
    assert!(
        text(&unreasoned).contains("`scripted-new-order-install` has no reason"),
        "{}",
        text(&unreasoned)
    );
    let blessed = std::fs::read_to_string(&file).unwrap();
    let reasoned = blessed.replace("reason = \"\"", "reason = \"it is seeded\"");
    std::fs::write(&file, &reasoned).unwrap();

    let known = run(&ill, &[]);
    assert_eq!(known.status.code(), Some(0), "{}", text(&known));
    assert!(text(&known).contains("known"), "{}", text(&known));
    let stale = run(&well, &[]);
    assert_eq!(stale.status.code(), Some(1), "{}", text(&stale));
    assert!(
        text(&stale).contains("the ledger is stale"),
        "{}",
        text(&stale)
    );
    let other = reasoned.replace("src_unpack", "src_elsewhere");
    std::fs::write(&file, other).unwrap();
    let changed = run(&ill, &[]);
    assert_eq!(changed.status.code(), Some(1), "{}", text(&changed));
    assert!(
        text(&changed).contains("differently from the ledger"),
        "{}",
        text(&changed)
    );
}

const PROBE: &str = "\
EAPI=8
inherit pmsts
SLOT=0
S=${WORKDIR}
src_install() { observe p \"${P}\"; observe lines $'a\\nb'; }
";

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_probe_tells_what_any_ebuild_sees() {
    let dir = tempfile::tempdir().unwrap();
    let ebuild = dir.path().join("any-1.ebuild");
    std::fs::write(&ebuild, PROBE).unwrap();
    let pm = Scripted::new("");
    let arguments = pm.arguments();
    let probe = |file: &str| {
        Command::new(env!("CARGO_BIN_EXE_pmsts"))
            .args(["probe", file, "--format", "json"])
            .args(&arguments[..4])
            .output()
            .unwrap()
    };
    let output = probe(ebuild.to_str().unwrap());
    let answer: Json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    let seen = &answer["targets"][0]["observations"];
    assert_eq!(seen["src_install.p"][0], "any-1", "{answer}");
    assert_eq!(seen["src_install.lines"][0], "a\nb");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(probe("nowhere-1.ebuild").status.code(), Some(3));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn the_same_run_again_has_the_same_verdicts() {
    let output = pmsts(&["run", "--repeat", "3"], &Scripted::new(""), &CASES[..3]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(
        text(&output).contains("run 3 times: no verdict differs"),
        "{}",
        text(&output)
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_passes_when_tried_again_is_flaky() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let pm = Scripted::new(&format!("fails-until-{}", now.unwrap().as_secs() + 6));
    let output = pmsts(
        &["run", "--retries", "500", "--jobs", "1"],
        &pm,
        &["merge-content"],
    );
    assert!(text(&output).contains("flaky"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn joined_shards_are_what_one_run_would_have_given() {
    let pm = Scripted::new("skips-a-phase");
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name).display().to_string();
    let run = |name: &str, more: &[&str]| {
        let out = ["--output", &place(name)].map(str::to_owned);
        let out: Vec<&str> = out.iter().map(String::as_str).collect();
        pmsts(&["run"], &pm, &[&CASES[..], &out, more].concat())
    };
    run("whole", &[]);
    for part in 1..=9 {
        let partition = format!("hash:{part}/9");
        let output = run(&part.to_string(), &["--partition", &partition]);
        assert!(output.status.code() < Some(2), "{}", text(&output));
    }
    let report = |names: &[String]| {
        let paths = names.iter().map(|name| place(name));
        Command::new(env!("CARGO_BIN_EXE_pmsts"))
            .args(["report", "--complete", "--format", "json"])
            .args(paths)
            .output()
            .unwrap()
    };
    let mut names: Vec<String> = (1..=9).rev().map(|part| part.to_string()).collect();
    let verdicts = |output: &Output| -> Vec<Json> {
        let results: Json = serde_json::from_slice(&output.stdout).unwrap();
        let instances = results["targets"][0]["instances"]
            .as_array()
            .unwrap()
            .clone();
        let said =
            |i: &Json| serde_json::json!([i["id"], i["verdict"], i["compared"], i["checksum"]]);
        instances.iter().map(said).collect()
    };
    let (whole, joined) = (report(&["whole".to_owned()]), report(&names));
    assert_eq!(joined.status.code(), Some(0), "{}", text(&joined));
    assert_eq!(verdicts(&joined), verdicts(&whole));
    names.retain(|name| name != "4");
    let partly = report(&names);
    assert_eq!(partly.status.code(), Some(3));
    let said = String::from_utf8_lossy(&partly.stderr).into_owned();
    assert!(said.contains("shard 4 of 9 is missing"), "{said}");
}

//! What was found once: reused where nothing has changed, run again, gone on with. Wants root.

mod common;

use std::process::Output;

use common::{Bench, Scripted, case, signal, text};
use nix::sys::signal::Signal;
use serde_json::Value as Json;

fn cases(last: &str) -> String {
    let tells = |id: &str, expected: &str| {
        let expect = format!("\"src_compile.x\" = \"{expected}\"");
        case(id, "src_compile = 'observe x y'", &expect)
    };
    [tells("right", "y"), tells("wrong", "z"), last.to_owned()].join("\n")
}

fn run(bench: &Bench, pm: &Scripted, arguments: &[&str]) -> Output {
    let mut command = bench.command(arguments);
    command.args(pm.arguments()).args(["--jobs", "1"]);
    command.env("PMSTS_CACHE", bench.cases().with_file_name("cache"));
    command.output().unwrap()
}

/// Each case's verdict, and whether it is of an earlier run.
fn verdicts(bench: &Bench) -> Vec<(String, String, bool)> {
    let results = bench.results();
    let instances = results["targets"][0]["instances"].as_array().unwrap();
    let word = |value: &Json| value.as_str().unwrap().to_owned();
    let one = |i: &Json| {
        (
            word(&i["case"]),
            word(&i["verdict"]),
            i.get("reused").is_some(),
        )
    };
    instances.iter().map(one).collect()
}

fn seen(all: &[(&str, &str, bool)]) -> Vec<(String, String, bool)> {
    let one = |(case, verdict, reused): &(&str, &str, bool)| {
        ((*case).to_owned(), (*verdict).to_owned(), *reused)
    };
    all.iter().map(one).collect()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn with_the_cache_only_what_changed_is_run_again() {
    let (bench, pm) = (Bench::new(&cases("")), Scripted::new(""));
    let fresh = seen(&[("right", "passed", false), ("wrong", "failed", false)]);
    let reused = seen(&[("right", "passed", true), ("wrong", "failed", true)]);
    run(&bench, &pm, &["--cache"]);
    assert_eq!(verdicts(&bench), fresh);
    let output = run(&bench, &pm, &["--cache"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(verdicts(&bench), reused);
    // Lines are broken where the name of the target is long.
    let words: Vec<String> = text(&output)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let said = "2 of 2 verdicts are of observations of earlier runs";
    assert!(words.join(" ").contains(said), "{}", text(&output));
    // Without the option nothing is taken from there.
    run(&bench, &pm, &[]);
    assert_eq!(verdicts(&bench), fresh);
    // Another package manager, and other cases, are other work.
    run(&bench, &Scripted::new("skips-a-phase"), &["--cache"]);
    assert!(verdicts(&bench).iter().all(|(_, _, reused)| !reused));
    // A changed expectation is judged anew, on what was observed; a changed ebuild is built anew.
    let changed = cases("").replace("= \"z\"", "= \"y\"");
    std::fs::write(bench.cases().join("cases.toml"), &changed).unwrap();
    run(&bench, &pm, &["--cache"]);
    let judged = seen(&[("right", "passed", true), ("wrong", "passed", true)]);
    assert_eq!(verdicts(&bench), judged);
    let rebuilt = changed.replacen("observe x y", "observe x z", 1);
    std::fs::write(bench.cases().join("cases.toml"), rebuilt).unwrap();
    run(&bench, &pm, &["--cache"]);
    let built = seen(&[("right", "failed", false), ("wrong", "passed", true)]);
    assert_eq!(verdicts(&bench), built);
    // What was not looked at then cannot be judged: the build runs again.
    let asks_more = changed.replacen(
        "[case.expect]",
        "[case.expect]\n\"file /etc/passwd\" = \"file\"",
        1,
    );
    std::fs::write(bench.cases().join("cases.toml"), asks_more).unwrap();
    run(&bench, &pm, &["--cache"]);
    let looked = seen(&[("right", "passed", false), ("wrong", "passed", true)]);
    assert_eq!(verdicts(&bench), looked);
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_failed_is_repeated_and_nothing_else() {
    let (bench, pm) = (Bench::new(&cases("")), Scripted::new(""));
    run(&bench, &pm, &[]);
    let out = bench.out().display().to_string();
    let output = run(&bench, &pm, &["--rerun", &out, "passed"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    run(&bench, &pm, &["--rerun", &out, "all"]);
    assert_eq!(verdicts(&bench).len(), 2);
    run(&bench, &pm, &["--rerun", &out]);
    assert_eq!(verdicts(&bench), seen(&[("wrong", "failed", false)]));
    let output = run(&bench, &pm, &["right", "--rerun", &out]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn an_interrupted_run_is_gone_on_with_unless_something_changed() {
    let sleeps = case(
        "sleeps",
        "src_compile = 'sleep 6.5432; observe x y'",
        "\"src_compile.x\" = \"y\"",
    );
    let (bench, pm) = (Bench::new(&cases(&sleeps)), Scripted::new(""));
    let mut arguments = pm.arguments();
    arguments.extend(["--jobs", "1"].map(str::to_owned));
    let mut child = bench.start(&arguments, "6.5432");
    signal(&child, Signal::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let out = bench.out().display().to_string();
    let output = run(&bench, &pm, &["--resume", &out, "--timeout", "59"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(
        text(&output).contains("--rerun RESULTS all"),
        "{}",
        text(&output)
    );
    let output = run(&bench, &pm, &["--resume", &out]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let expected = [
        ("right", "passed", true),
        ("wrong", "failed", true),
        ("sleeps", "passed", false),
    ];
    assert_eq!(verdicts(&bench), seen(&expected));
    assert_eq!(bench.results()["interrupted"], false);
}

/// The only file of requirements that a run reads beside the catalogue: a proposal for the next EAPI, and its case.
#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_case_for_the_next_eapi_is_recorded_with_draft_and_fails_nothing() {
    let wrong = case(
        "wrong",
        "src_compile = 'observe x y'",
        "\"src_compile.x\" = \"z\"",
    );
    let wrong = wrong.replace("ebuild-functions.default-exists-for-every-phase", "next.x");
    let (bench, pm) = (Bench::new(&wrong), Scripted::new(""));
    let proposal = "[[requirement]]\nid = \"next.x\"\nsection = \"ch:ebuild-functions\"\nlines = \"0\"\nlevel = \"must\"\n\
                    subject = \"package-manager\"\neapis = \"10\"\ndraft = true\nstatement = \"X is z.\"\n\
                    observable = \"phase\"\ncheck = \"See x.\"\ntestable = \"yes\"\n";
    std::fs::write(bench.cases().join("requirements.toml"), proposal).unwrap();
    let mut arguments = pm.arguments();
    let adapter = std::fs::read_to_string(&arguments[1]).unwrap();
    std::fs::write(
        &arguments[1],
        adapter.replace("set = \"8\"", "set = \"8-10\""),
    )
    .unwrap();
    arguments[5] = "10".to_owned();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let refused = bench.run(&arguments);
    assert_eq!(refused.status.code(), Some(4), "{}", text(&refused));
    assert!(text(&refused).contains("--draft"), "{}", text(&refused));

    let output = bench.run(&[&arguments[..], &["--draft"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let (verdict, instance) = bench.verdict("wrong");
    assert_eq!(verdict, "recorded");
    assert_eq!(instance["eapi"], "10");
    assert_eq!(instance["compared"][0]["outcome"], "met", "{instance}");
    assert!(
        instance["reason"]
            .as_str()
            .unwrap()
            .contains("otherwise failed"),
        "{instance}"
    );
}

//! One build or one target of a run is cancelled, and the run goes on. Wants root.

mod common;

use std::process::{Command, Output};

use common::{Bench, PORTAGE, Scripted, case, marker, process_mentions, quick, text, wait_until};

fn cancel(bench: &Bench, name: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .args(["status", "--cancel", name])
        .env("TMPDIR", bench.tmp())
        .output()
        .unwrap()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_cancelled_build_is_skipped_and_the_others_run() {
    let marker = marker();
    let sleeper = case(
        "sleeps",
        &format!("src_compile = 'observe x y; sleep {marker}'"),
        "\"src_compile.x\" = \"y\"",
    );
    let bench = Bench::new(&format!("{sleeper}\n{}", quick()));
    let arguments = ["--pm", PORTAGE, "--eapi", "8", "--jobs", "1"];
    let mut run = bench.start(&arguments, &marker);
    let wrong = cancel(&bench, "sleeps@7");
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
    let right = cancel(&bench, "sleeps@8");
    assert_eq!(right.status.code(), Some(0), "{}", text(&right));
    assert_eq!(run.wait().unwrap().code(), Some(0));
    let (verdict, instance) = bench.verdict("sleeps");
    assert_eq!(
        (verdict.as_str(), &instance["reason"]),
        ("skipped", &"cancelled".into())
    );
    assert_eq!(bench.verdict("quick").0, "passed");
    assert!(!process_mentions(&marker));
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_cancelled_target_is_skipped_and_the_other_runs() {
    let pm = Scripted::new("ignores-being-asked");
    let bench = Bench::new(&quick());
    let mut arguments = pm.arguments();
    arguments.extend(["--pm", PORTAGE, "--jobs", "1", "--grace", "1"].map(str::to_owned));
    let mut run = bench.start(&arguments, "7654.403");
    let name = pm.arguments()[3].clone();
    let done = cancel(&bench, &name);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert_eq!(run.wait().unwrap().code(), Some(0));
    let results = bench.results();
    let verdicts = results["targets"].as_array().unwrap().iter();
    let verdicts: Vec<_> = verdicts
        .map(|target| target["instances"][0]["verdict"].clone())
        .collect();
    assert_eq!(verdicts, ["skipped", "passed"]);
    wait_until("its processes are gone", || !process_mentions("7654.403"));
    bench.assert_nothing_left();
}

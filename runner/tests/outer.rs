//! Runs inside testbeds of autopkgtest's virt-servers. Wants root and Debian's package autopkgtest.

mod common;

use std::process::{Child, Command};

use common::{
    Bench, PORTAGE, Scripted, case, marker, process_mentions, quick, signal, text, wait_until,
};
use nix::sys::signal::Signal;

const NULL: &str = "autopkgtest-virt-null";

/// The arguments of a run of the scripted package manager inside.
fn arguments(pm: &Scripted, server: &str) -> Vec<String> {
    let mut arguments = pm.arguments();
    arguments.extend(["--in", server, "--jobs", "1"].map(str::to_owned));
    arguments
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_run_inside_brings_its_record_and_cleans_up() {
    let (pm, bench) = (Scripted::new("none"), Bench::new(&quick()));
    let arguments = arguments(&pm, NULL);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = bench.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(bench.verdict("quick").0, "passed");
    bench.assert_nothing_left();
}

/// A run inside whose ebuild sleeps.
fn sleeping(marker: &str) -> (Bench, Child) {
    let ebuild = format!("src_compile = 'observe x y; sleep {marker}'");
    let bench = Bench::new(&case("sleeps", &ebuild, "\"src_compile.x\" = \"y\""));
    let run = bench.start(
        &["--in", NULL, "--pm", PORTAGE, "--eapi", "8", "--grace", "2"],
        marker,
    );
    (bench, run)
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn an_interrupt_ends_the_job_and_then_the_record_is_fetched_and_the_testbed_closed() {
    let marker = marker();
    let (bench, mut run) = sleeping(&marker);
    let status = Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .arg("status")
        .env("TMPDIR", bench.tmp())
        .output()
        .unwrap();
    assert!(
        text(&status).contains("in autopkgtest-virt-null: busy"),
        "{}",
        text(&status)
    );
    signal(&run, Signal::SIGINT);
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert_eq!(bench.results()["interrupted"], true);
    assert!(!process_mentions(&marker));
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_killed_runner_leaves_no_server_no_job_and_no_scratch() {
    let marker = marker();
    let (bench, mut run) = sleeping(&marker);
    signal(&run, Signal::SIGKILL);
    run.wait().unwrap();
    wait_until("the job is gone", || !process_mentions(&marker));
    let scratch = || {
        let entries = std::fs::read_dir(bench.tmp()).unwrap().flatten();
        let mut names = entries.map(|entry| entry.file_name());
        names.any(|name| name.to_string_lossy().starts_with("autopkgtest."))
    };
    wait_until("the server has cleaned up", || !scratch());
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_server_that_is_not_there_or_does_not_check_its_host_is_refused() {
    let bench = Bench::new(&quick());
    let marker = marker();
    for (server, status, why) in [
        (
            "autopkgtest-virt-ssh -H host",
            2,
            "turns the check of host keys off",
        ),
        (marker.as_str(), 3, "cannot start"),
        ("false", 3, "did not start: it ended"),
    ] {
        let output = bench.run(&["--in", server]);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output));
        assert!(text(&output).contains(why), "{}", text(&output));
    }
}

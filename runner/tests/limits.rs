//! Package managers and builds that misbehave: a limit ends them and is named, and the rest goes on. Wants root.

mod common;

use common::{Bench, PORTAGE, Scripted, case, process_mentions, quick, short_limits, text};

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_never_ends_is_ended_at_the_time_limit_and_named() {
    let bench = Bench::new(&case(
        "sleeps",
        "src_compile = 'observe x y; sleep 7654.351'",
        "\"src_compile.x\" = \"y\"",
    ));
    let limits = ["--timeout", "6", "--timeout-per-build", "0", "--grace", "1"];
    let output = bench.run(&[&["--pm", PORTAGE, "--eapi", "8"], &limits[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let (verdict, instance) = bench.verdict("sleeps");
    assert_eq!(verdict, "timed-out");
    assert!(
        instance["reason"]
            .as_str()
            .unwrap()
            .contains("time limit of 6 s"),
        "{instance}"
    );
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn limits_of_output_processes_and_scratch_end_a_build_and_are_named() {
    let cases = [
        case(
            "floods",
            "src_compile = 'while :; do echo flood flood flood flood; done'",
            "outcome = \"succeeds\"",
        ),
        case(
            "fills",
            "src_compile = 'cat /dev/zero > \"${T}/zero\"; sleep 7654.361'",
            "outcome = \"succeeds\"",
        ),
        case(
            "forks",
            "src_compile = 'for ((i = 0; i < 500; i++)); do sleep 7654.362 & done; sleep 7654.362'",
            "outcome = \"succeeds\"",
        ),
        case(
            "goes-on",
            "src_compile = 'observe x y'",
            "\"src_compile.x\" = \"y\"",
        ),
    ]
    .concat();
    let bench = Bench::new(&cases);
    let limits = [
        "--output-limit",
        "4",
        "--scratch",
        "64",
        "--processes",
        "200",
    ];
    let output = bench.run(&[&["--pm", PORTAGE, "--eapi", "8"], &limits[..]].concat());
    for (id, limit) in [
        ("floods", "bytes of output"),
        ("fills", "scratch space"),
        ("forks", "limit of processes"),
    ] {
        let (verdict, instance) = bench.verdict(id);
        assert_eq!(verdict, "failed", "{id}: {}", text(&output));
        assert!(
            instance["reason"]
                .as_str()
                .unwrap_or_default()
                .contains(limit),
            "{id}: {instance}"
        );
    }
    assert_eq!(bench.verdict("goes-on").0, "passed");
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_daemon_does_not_outlive_its_step() {
    let bench = Bench::new(&case(
        "daemon",
        "src_compile = 'setsid sleep 7654.371 >/dev/null 2>&1 & disown'",
        "outcome = \"succeeds\"",
    ));
    bench.run(&["--pm", PORTAGE, "--eapi", "8"]);
    assert!(!process_mentions("7654.371"));
    bench.assert_nothing_left();
}

/// What comes of the only case on a package manager with a defect.
fn outcome(defect: &str, options: &[&str]) -> (Option<i32>, String, String) {
    let (pm, bench) = (Scripted::new(defect), Bench::new(&quick()));
    let arguments = pm.arguments();
    let all: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .chain(options.iter().copied())
        .collect();
    let output = bench.run(&all);
    bench.assert_nothing_left();
    let (verdict, instance) = bench.verdict("quick");
    (output.status.code(), verdict, instance.to_string())
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_package_manager_that_crashes_or_does_nothing_or_never_obeys_fails_and_is_named() {
    for (defect, verdict, words) in [
        ("crashes", "failed", "signal 11"),
        ("does-nothing", "failed", "has not done what it was asked"),
        ("ignores-being-asked", "timed-out", "time limit of 2 s"),
        ("never-ends", "timed-out", "time limit of 2 s"),
        ("floods-its-output", "failed", "bytes of output"),
    ] {
        let (status, found, instance) = outcome(defect, &short_limits("2"));
        assert_eq!(
            (status, found.as_str()),
            (Some(1), verdict),
            "{defect}: {instance}"
        );
        assert!(instance.contains(words), "{defect}: {instance}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_package_manager_that_closes_its_terminal_is_heard_all_the_same() {
    let (status, verdict, instance) = outcome("closes-its-terminal", &[]);
    assert_eq!(
        (status, verdict.as_str()),
        (Some(0), "passed"),
        "{instance}"
    );
}

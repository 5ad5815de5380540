//! What a run promises when it is interrupted, when package managers misbehave and when ebuilds are
//! hostile. Wants root.

mod common;

use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Bench, PORTAGE, is_root, process_mentions, text};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn case(id: &str, ebuild: &str, expect: &str) -> String {
    format!(
        "[[case]]\nid = \"{id}\"\ntitle = \"A case\"\nsection = \"ch:ebuild-functions\"\n\
         requirements = [\"ebuild-functions.default-exists-for-every-phase\"]\n\
         alone = \"it misbehaves\"\n[case.ebuild]\n{ebuild}\n[case.expect]\n{expect}\n"
    )
}

fn sleeper(marker: &str) -> String {
    case(
        "sleeps",
        &format!("src_compile = 'observe x y; sleep {marker}'"),
        "\"src_compile.x\" = \"y\"",
    )
}

/// Starts a run and waits until its ebuild sleeps.
fn started(bench: &Bench, marker: &str, arguments: &[&str]) -> std::process::Child {
    let child = bench
        .command(&[&["--pm", PORTAGE, "--eapi", "8"], arguments].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !process_mentions(marker) {
        assert!(Instant::now() < deadline, "the ebuild never slept");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn signal(child: &std::process::Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

#[test]
fn an_interrupt_ends_the_run_and_keeps_what_is_known() {
    if !is_root() {
        return;
    }
    for (number, how) in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]
        .into_iter()
        .enumerate()
    {
        let marker = format!("7654.32{number}");
        let bench = Bench::new(&sleeper(&marker));
        let mut child = started(&bench, &marker, &["--grace", "5"]);
        signal(&child, how);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{how}");
        assert!(!process_mentions(&marker), "{how}");
        let results = bench.results();
        assert_eq!(results["interrupted"], true);
        assert_eq!(results["runs"][0]["instances"].as_array().unwrap().len(), 1);
        bench.assert_nothing_left();
    }
}

#[test]
fn a_second_interrupt_does_not_wait() {
    if !is_root() {
        return;
    }
    let marker = "7654.331";
    let cases = case(
        "stubborn",
        &format!("src_compile = 'trap : TERM INT; while :; do sleep {marker}; done'"),
        "outcome = \"fails\"",
    );
    let bench = Bench::new(&cases);
    let mut child = started(&bench, marker, &["--grace", "600"]);
    // A package manager that is stopped cannot obey.
    signal(&child, Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    if child.try_wait().unwrap().is_none() {
        signal(&child, Signal::SIGINT);
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(30));
    bench.assert_nothing_left();
}

#[test]
fn a_killed_runner_leaves_no_process_and_no_mount_and_the_next_one_clears_its_files() {
    if !is_root() {
        return;
    }
    let marker = "7654.341";
    let bench = Bench::new(&sleeper(marker));
    let mut child = started(&bench, marker, &[]);
    signal(&child, Signal::SIGKILL);
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while process_mentions(marker) {
        assert!(Instant::now() < deadline, "the ebuild survived the runner");
        std::thread::sleep(Duration::from_millis(20));
    }
    let quick = Bench::new(&case(
        "quick",
        "src_compile = 'observe x y'",
        "\"src_compile.x\" = \"y\"",
    ));
    let output = quick
        .command(&["--pm", PORTAGE, "--eapi", "8"])
        .env("TMPDIR", bench.tmp())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    bench.assert_nothing_left();
}

#[test]
fn what_never_ends_is_ended_at_the_time_limit_and_named() {
    if !is_root() {
        return;
    }
    let bench = Bench::new(&sleeper("7654.351"));
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
fn limits_of_output_processes_and_scratch_end_a_build_and_are_named() {
    if !is_root() {
        return;
    }
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
    let limits = ["--log", "4", "--scratch", "64", "--processes", "200"];
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
fn a_daemon_does_not_outlive_its_step() {
    if !is_root() {
        return;
    }
    let bench = Bench::new(&case(
        "daemon",
        "src_compile = 'setsid sleep 7654.371 >/dev/null 2>&1 & disown'",
        "outcome = \"succeeds\"",
    ));
    bench.run(&["--pm", PORTAGE, "--eapi", "8"]);
    assert!(!process_mentions("7654.371"));
    bench.assert_nothing_left();
}

#[test]
fn hostile_messages_are_refused_and_counted_and_the_rest_is_heard() {
    if !is_root() {
        return;
    }
    let ebuild = r#"src_compile = '''
/run/pmsts/observe other-token main src_compile value key forged
/run/pmsts/observe "${OBSERVE_TOKEN}" nobody src_compile value key forged
/run/pmsts/observe "${OBSERVE_TOKEN}" main no_phase value key forged
for ((i = 0; i < 300; i++)); do /run/pmsts/observe x y z begin 2>/dev/null; done
observe real yes
observe escape "$(printf '\033[2J<b>&\r\n')"
'''"#;
    let expect = "\"src_compile.real\" = \"yes\"\n\"src_compile.key\" = { not = \"forged\" }";
    let bench = Bench::new(&case("hostile", ebuild, expect));
    let output = bench.run(&["--pm", PORTAGE, "--eapi", "8"]);
    let results = bench.results();
    let refused = &results["runs"][0]["refused_messages"];
    assert_eq!(
        refused["the token is of no build in this testbed"],
        301,
        "{refused} {}",
        text(&output)
    );
    assert_eq!(refused["the build has no such ebuild"], 1, "{refused}");
    assert_eq!(refused["there is no such phase"], 1, "{refused}");
    // The forged key never arrived.
    assert_eq!(bench.verdict("hostile").0, "not-observed");
    let printed = text(&output);
    assert!(!printed.contains('\u{1b}'), "{printed}");
    bench.assert_nothing_left();
}

#[test]
fn two_runs_at_once_do_not_disturb_each_other() {
    if !is_root() {
        return;
    }
    let benches = [(); 2].map(|()| {
        Bench::new(&case(
            "quick",
            "src_compile = 'observe x y'",
            "\"src_compile.x\" = \"y\"",
        ))
    });
    let children = benches.each_ref().map(|bench| {
        bench
            .command(&["--pm", PORTAGE, "--eapi", "all"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    });
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

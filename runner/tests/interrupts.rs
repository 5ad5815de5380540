//! What a run promises when it is interrupted, however that happens. Wants root.

mod common;

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{
    Bench, PORTAGE, Scripted, case, marker, process_mentions, quick, signal, text, wait_until,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn sleeper(marker: &str) -> String {
    case(
        "sleeps",
        &format!("src_compile = 'observe x y; sleep {marker}'"),
        "\"src_compile.x\" = \"y\"",
    )
}

/// Starts a run and waits until its ebuild sleeps.
fn started(bench: &Bench, marker: &str, arguments: &[&str]) -> Child {
    bench.start(
        &[&["--pm", PORTAGE, "--eapi", "8"], arguments].concat(),
        marker,
    )
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn an_interrupt_ends_the_run_and_keeps_what_is_known() {
    for how in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let marker = marker();
        let bench = Bench::new(&sleeper(&marker));
        let mut child = started(&bench, &marker, &["--grace", "5"]);
        signal(&child, how);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{how}");
        assert!(!process_mentions(&marker), "{how}");
        let results = bench.results();
        assert_eq!(results["interrupted"], true);
        assert_eq!(
            results["targets"][0]["instances"].as_array().unwrap().len(),
            1
        );
        bench.assert_nothing_left();
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_second_interrupt_does_not_wait() {
    let pm = Scripted::new("ignores-being-asked");
    let bench = Bench::new(&quick());
    let mut arguments = pm.arguments();
    arguments.extend(["--grace", "600"].map(str::to_owned));
    let mut child = bench.start(&arguments, "7654.403");
    // A package manager that is stopped cannot obey, so that the run is alive until it is asked again.
    for process in processes_with("bin/scripted") {
        kill(process, Signal::SIGSTOP).unwrap();
    }
    signal(&child, Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(
        child.try_wait().unwrap().is_none(),
        "one interrupt ended it"
    );
    let begun = Instant::now();
    signal(&child, Signal::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(30));
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_killed_runner_leaves_no_process_and_no_mount_and_the_next_one_clears_its_files() {
    let marker = &marker();
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

/// The run in a terminal of its own.
fn in_a_terminal(bench: &Bench, arguments: &[&str]) -> Child {
    let run = bench.command(arguments);
    let words = [run.get_program()].into_iter().chain(run.get_args());
    let line: Vec<String> = words
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command"])
        .arg(line.join(" "))
        .arg("/dev/null")
        .env("TMPDIR", bench.tmp())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn ctrl_c_in_a_terminal_reaches_the_runner_alone_and_ends_the_run() {
    let marker = &marker();
    let ebuild = format!("src_compile = 'trap \"\" INT; observe x y; sleep {marker}'");
    let bench = Bench::new(&case("sleeps", &ebuild, "\"src_compile.x\" = \"y\""));
    let mut terminal = in_a_terminal(&bench, &["--pm", PORTAGE, "--eapi", "8", "--grace", "5"]);
    wait_until("the ebuild sleeps", || process_mentions(marker));
    terminal.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(130));
    assert_eq!(bench.results()["interrupted"], true);
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_closed_terminal_ends_the_run() {
    let marker = &marker();
    let bench = Bench::new(&sleeper(marker));
    let mut terminal = in_a_terminal(&bench, &["--pm", PORTAGE, "--eapi", "8", "--grace", "5"]);
    wait_until("the ebuild sleeps", || process_mentions(marker));
    signal(&terminal, Signal::SIGKILL);
    terminal.wait().unwrap();
    wait_until("the results are there", || {
        bench.out().join("results.json").exists()
    });
    wait_until("the run is gone", || {
        !process_mentions(&bench.tmp().display().to_string())
    });
    assert_eq!(bench.results()["interrupted"], true);
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_stopped_package_manager_cannot_obey_and_is_ended_after_the_grace_period() {
    let pm = Scripted::new("ignores-being-asked");
    let bench = Bench::new(&quick());
    let mut arguments = pm.arguments();
    arguments.extend(["--grace", "1"].map(str::to_owned));
    let mut run = bench.start(&arguments, "7654.403");
    for process in processes_with("bin/scripted") {
        kill(process, Signal::SIGSTOP).unwrap();
    }
    signal(&run, Signal::SIGINT);
    let begun = Instant::now();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(20));
    bench.assert_nothing_left();
}

/// Processes called by a path that ends like this.
fn processes_with(path: &str) -> Vec<Pid> {
    let is_called = |pid: &i32| {
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
            line.split(|b| *b == 0)
                .any(|word| word.ends_with(path.as_bytes()))
        })
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(is_called).map(Pid::from_raw).collect()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn during_the_grace_period_files_and_socket_are_still_there() {
    let pm = Scripted::new("looks-around-when-asked-to-stop");
    let bench = Bench::new(&quick());
    let mut run = bench.start(&pm.arguments(), "7654.404");
    signal(&run, Signal::SIGTERM);
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let log = bench.results()["targets"][0]["builds"][0]["log"].to_string();
    assert!(log.contains("the files are still there"), "{log}");
    bench.assert_nothing_left();
}

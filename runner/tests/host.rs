//! The backend without isolation, tried on a machine that is thrown away: an overlay of this one. Wants root.

mod common;

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

use common::{Bench, PORTAGE, Scripted, case, marker, process_mentions, quick, text, wait_until};
use nix::sys::signal::Signal;

/// Runs the words `"$@"` in an overlay of the machine, with its processes and its /tmp, and then says which files of it
/// have changed.
const DISPOSABLE: &str = r#"
set -eu
dir=$1; shift
mount -t tmpfs none "${dir}"
mkdir -p "${dir}/upper" "${dir}/work" "${dir}/root"
mount -t overlay none -o "lowerdir=/,upperdir=${dir}/upper,workdir=${dir}/work" "${dir}/root"
for shown in dev proc tmp; do mount --rbind "/${shown}" "${dir}/root/${shown}"; done
cd "${dir}/root"
list() { find etc opt usr var -path var/log -prune -o -type f -printf '%p %m %U:%G %s %T@\n' -o -printf '%p %m %U:%G %l\n' | sort; }
list > "${dir}/before"
status=0
chroot . "$@" || status=$?
# Where the run was killed, its testbed still puts everything back.
alive() { for it in /proc/[0-9]*; do [ "$(readlink "${it}/root")" = "${dir}/root" ] && return; done; false; }
while alive; do sleep 0.1; done
list > "${dir}/after"
diff "${dir}/before" "${dir}/after" || { echo 'the machine has changed' >&2; exit 99; }
exit "${status}"
"#;

/// The run on a machine that is thrown away.
fn on_a_disposable_machine(bench: &Bench, run: &Command) -> Command {
    let mount = bench.tmp().with_file_name("machine");
    let _ = std::fs::create_dir(&mount);
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "bash", "-c", DISPOSABLE, "bash"])
        .arg(mount)
        .arg(run.get_program())
        .args(run.get_args())
        .env("TMPDIR", bench.tmp());
    command
}

const HOST: [&str; 3] = ["--testbed", "host", "--this-machine-is-disposable"];

fn run(bench: &Bench, arguments: &[&str]) -> Output {
    let run = bench.command(arguments);
    on_a_disposable_machine(bench, &run).output().unwrap()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn it_is_refused_where_nobody_says_that_the_machine_is_disposable() {
    let output = Bench::new(&quick()).run(&["--testbed", "host", "--pm", PORTAGE]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(
        text(&output).contains("--this-machine-is-disposable"),
        "{}",
        text(&output)
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn everything_is_put_back_and_the_record_says_what_is_not_promised() {
    let bench = Bench::new(&case(
        "plain",
        "src_install = 'insinto /usr/share/@pn@/deep; newins - file <<< text; observe x y'",
        "\"src_install.x\" = \"y\"\n\"file /usr/share/@pn@/deep/file\" = \"file\"",
    ));
    let output = run(
        &bench,
        &[&["--pm", PORTAGE, "--eapi", "8"], &HOST[..]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let target = &bench.results()["targets"][0];
    assert_eq!(target["testbed"], "host");
    assert!(
        target["notes"].to_string().contains("has no isolation"),
        "{}",
        target["notes"]
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn an_interrupted_and_a_killed_run_put_everything_back_too() {
    for how in [Signal::SIGINT, Signal::SIGKILL] {
        let marker = marker();
        let ebuild = format!("src_compile = 'observe x y; setsid sleep {marker} & sleep {marker}'");
        let bench = Bench::new(&case("sleeps", &ebuild, "\"src_compile.x\" = \"y\""));
        let arguments = [&["--pm", PORTAGE, "--eapi", "8", "--grace", "2"], &HOST[..]].concat();
        let run = bench.command(&arguments);
        let mut command = on_a_disposable_machine(&bench, &run);
        // The script is the parent of the run, and waits for it.
        let mut child = command.process_group(0).spawn().unwrap();
        wait_until("the ebuild sleeps", || process_mentions(&marker));
        let out = bench.out().display().to_string();
        let runner = common::processes_with_arguments("--this-machine-is-disposable", &out);
        for pid in runner {
            nix::sys::signal::kill(pid, how).unwrap();
        }
        wait_until("its processes are gone", || !process_mentions(&marker));
        let status = child.wait().unwrap().code();
        let expected = if how == Signal::SIGKILL { 137 } else { 130 };
        assert_eq!(status, Some(expected), "{how}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_package_manager_that_cannot_obey_is_ended() {
    let pm = Scripted::new("ignores-being-asked");
    let bench = Bench::new(&quick());
    let mut arguments = pm.arguments();
    arguments.extend(HOST.map(str::to_owned));
    arguments
        .extend(["--timeout", "2", "--timeout-per-build", "0", "--grace", "1"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = run(&bench, &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert_eq!(bench.verdict("quick").0, "timed-out");
    assert!(!process_mentions("7654.403"));
}

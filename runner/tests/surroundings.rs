//! Machines that lack something, and runs beside each other: a clear message, and nothing damaged. Wants root.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{
    Bench, PKGCORE, PORTAGE, Scripted, case, marker, process_mentions, quick, text, wait_until,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn two_runs_at_once_do_not_disturb_each_other() {
    let benches = [(); 2].map(|()| Bench::new(&quick()));
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

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_run_is_found_and_asked_by_its_socket_and_a_second_one_stops() {
    let marker = &marker();
    let socket = tempfile::tempdir().unwrap();
    let socket = socket.path().join("socket");
    let at = socket.to_str().unwrap();
    let ebuild = format!("src_compile = 'observe x y; sleep {marker}'");
    let bench = Bench::new(&case("sleeps", &ebuild, "\"src_compile.x\" = \"y\""));
    let arguments = ["--pm", PORTAGE, "--eapi", "8", "--socket", at];
    let mut first = bench
        .command(&arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the ebuild sleeps", || process_mentions(marker));

    let status = pmsts(&["status", "--socket", at, "--format", "json"]);
    assert_eq!(status.status.code(), Some(0), "{}", text(&status));
    assert!(
        text(&status).contains("install sleeps@8 ("),
        "{}",
        text(&status)
    );
    let found = Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .arg("status")
        .env("TMPDIR", bench.tmp())
        .output()
        .unwrap();
    assert!(text(&found).contains("0 of 1 done"), "{}", text(&found));

    let other = Bench::new(&quick());
    let second = other.run(&arguments);
    assert_eq!(second.status.code(), Some(3), "{}", text(&second));
    assert!(
        text(&second).contains("a run is alive at"),
        "{}",
        text(&second)
    );

    // A dead run's socket is replaced.
    kill(
        Pid::from_raw(i32::try_from(first.id()).unwrap()),
        Signal::SIGKILL,
    )
    .unwrap();
    first.wait().unwrap();
    assert!(socket.exists());
    let third = other.run(&arguments);
    assert_eq!(third.status.code(), Some(0), "{}", text(&third));
    assert!(!socket.exists());
    assert_eq!(pmsts(&["status", "--socket", at]).status.code(), Some(4));
}

fn pmsts(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .args(arguments)
        .output()
        .unwrap()
}

/// A run under a command that takes something from it.
fn run_under(wrapper: &[&str], bench: &Bench, pm: &Scripted, more: &[&str]) -> Output {
    let arguments = pm.arguments();
    let all: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    let run = bench.command(&all);
    Command::new(wrapper[0])
        .args(&wrapper[1..])
        .arg(run.get_program())
        .args(run.get_args())
        .env("TMPDIR", bench.tmp())
        .output()
        .unwrap()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn without_namespaces_or_root_a_run_says_so_once() {
    let bare = [
        "setpriv",
        "--bounding-set",
        "-sys_admin",
        "--inh-caps",
        "-sys_admin",
    ];
    let nobody = ["setpriv", "--reuid", "65534", "--clear-groups"];
    for (wrapper, words) in [(&bare[..], "making namespaces"), (&nobody[..], "need root")] {
        let (pm, bench) = (Scripted::new(""), Bench::new(&quick()));
        // Who is not root must reach the program and the case files.
        let output = run_under(wrapper, &bench, &pm, &[]);
        let printed = text(&output);
        if printed.contains("Permission denied") && wrapper == nobody {
            println!("skipped: other users cannot reach the program here");
            continue;
        }
        assert_eq!(output.status.code(), Some(3), "{printed}");
        assert_eq!(printed.matches("error: ").count(), 1, "{printed}");
        assert!(printed.contains(words), "{printed}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn results_survive_a_full_disk() {
    let (pm, bench) = (Scripted::new(""), Bench::new(&quick()));
    fs::create_dir_all(bench.out()).unwrap();
    let mount = format!(
        "mount -t tmpfs -o size=4k none {0}; head -c 4096 /dev/zero > {0}/full; exec \"$0\" \"$@\"",
        bench.out().display()
    );
    let output = run_under(
        &["unshare", "--mount", "sh", "-c", &mount],
        &bench,
        &pm,
        &[],
    );
    let printed = text(&output);
    assert_eq!(output.status.code(), Some(3), "{printed}");
    assert!(printed.contains("No space left on device"), "{printed}");
    let kept = printed.split("the results are kept in `").nth(1).unwrap();
    let kept = kept.split('`').next().unwrap();
    let results: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(kept).unwrap()).unwrap();
    assert_eq!(results["targets"][0]["instances"][0]["verdict"], "passed");
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_full_standard_output_is_an_error() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .arg("list")
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(
        text(&output).contains("cannot write to standard output"),
        "{}",
        text(&output)
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_full_temporary_directory_ends_the_run_with_its_name() {
    let (pm, bench) = (Scripted::new(""), Bench::new(&quick()));
    let mount = format!(
        "mount -t tmpfs -o size=4k none {0}; head -c 4096 /dev/zero > {0}/full; exec \"$0\" \"$@\"",
        bench.tmp().display()
    );
    let output = run_under(
        &["unshare", "--mount", "sh", "-c", &mount],
        &bench,
        &pm,
        &[],
    );
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(
        text(&output).contains("No space left on device"),
        "{}",
        text(&output)
    );
}

/// Names, sizes and times below the host's directories.
fn fingerprint(dir: &Path, found: &mut BTreeMap<PathBuf, (u64, i64, i64)>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() {
            fingerprint(&entry.path(), found);
        } else {
            found.insert(entry.path(), (meta.size(), meta.mtime(), meta.mtime_nsec()));
        }
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn the_hosts_files_are_as_before() {
    let hostile = r"pkg_setup = '''
for path in /etc/passwd /var/lib/dpkg/status /usr/bin/env /etc/pmsts-was-here /usr/pmsts-was-here; do echo x >> ${path}; done
rm -rf /etc/profile.d /usr/share/doc
observe x y
'''";
    let bench = Bench::new(&case("writes", hostile, "\"pkg_setup.x\" = \"y\""));
    // The cache fills before, so that the run itself is what is compared.
    bench.run(&["--pm", PORTAGE, "--eapi", "8"]);
    let look = || {
        let mut found = BTreeMap::new();
        for dir in ["/etc", "/var", "/usr"] {
            fingerprint(Path::new(dir), &mut found);
        }
        found
    };
    let before = look();
    let output = bench.run(&["--pm", PORTAGE, "--eapi", "8"]);
    let after = look();
    assert_eq!(bench.verdict("writes").0, "passed", "{}", text(&output));
    let changed: Vec<_> = before
        .iter()
        .filter(|(path, it)| after.get(*path) != Some(it))
        .collect();
    assert!(changed.is_empty(), "{changed:?}");
    let added: Vec<_> = after
        .keys()
        .filter(|path| !before.contains_key(*path))
        .collect();
    assert!(added.is_empty(), "{added:?}");
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn programs_of_the_machine_that_package_managers_would_use_by_themselves_change_no_verdict() {
    let cases = case(
        "home",
        "src_compile = 'observe home \"${HOME}\"'",
        "\"src_compile.home\" = { not = \"/tmp\" }\n\"file /usr/share/sandbox-was-used\" = \"absent\"",
    );
    // As Gentoo's program `sandbox` does, it sets another HOME for what it runs.
    let stand_in = "#!/bin/sh\n: > /usr/share/sandbox-was-used\nHOME=/tmp exec \"$@\"\n";
    for pm in [PORTAGE, PKGCORE] {
        let bench = Bench::new(&cases);
        let upper = tempfile::tempdir().unwrap();
        let at = upper.path().display();
        let script = format!(
            "set -e; mkdir {at}/upper {at}/work; printf '%s' '{stand_in}' > {at}/upper/sandbox; chmod 755 {at}/upper/sandbox; \
             mount -t overlay -o lowerdir=/usr/local/bin,upperdir={at}/upper,workdir={at}/work none /usr/local/bin; \
             command -v sandbox > /dev/null; exec \"$0\" \"$@\""
        );
        let run = bench.command(&["--pm", pm, "--eapi", "8"]);
        let output = Command::new("unshare")
            .args(["--mount", "sh", "-c", &script])
            .arg(run.get_program())
            .args(run.get_args())
            .env("TMPDIR", bench.tmp())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let notes = bench.results()["targets"][0]["notes"].to_string();
        assert!(
            notes.contains("do not show") && notes.contains("sandbox"),
            "{notes}"
        );
    }
}

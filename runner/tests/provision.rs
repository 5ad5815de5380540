//! Provisioning with the real package index, the real apt and the real interpreters of this machine.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use pmsts::provision::{
    BashVersion, Cache, Monitor, Place,
    bash::{self, Choice, Origin},
};
use tempfile::TempDir;

/// A release that needs no dependency and installs fast.
const RELEASE: &str = "portage@3.0.83";

fn cache() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn pm(cache: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmsts"));
    command.arg("pm").args(arguments).env("PMSTS_CACHE", cache);
    command
}

/// The same, without a network.
fn offline(cache: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("unshare");
    command
        .args(["--net", env!("CARGO_BIN_EXE_pmsts"), "pm"])
        .args(arguments)
        .env("PMSTS_CACHE", cache);
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The one line that a failure says, and nothing is left.
fn failure(cache: &Path, output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert_eq!(
        entries(cache),
        Vec::<String>::new(),
        "something half-made stays"
    );
    let mut errors = text.lines().filter_map(|line| line.strip_prefix("error: "));
    let error = errors
        .next()
        .unwrap_or_else(|| panic!("no error: {text}"))
        .to_owned();
    assert_eq!(errors.next(), None);
    error
}

/// `portage/3.0.83` and so on.
fn entries(cache: &Path) -> Vec<String> {
    let mut entries = Vec::new();
    for pm in fs::read_dir(cache.join("pm"))
        .into_iter()
        .flatten()
        .flatten()
    {
        for release in fs::read_dir(pm.path()).unwrap().flatten() {
            let name = release
                .path()
                .strip_prefix(cache.join("pm"))
                .unwrap()
                .to_owned();
            entries.push(name.display().to_string());
        }
    }
    entries
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(
            begin.elapsed() < Duration::from_secs(120),
            "{what} did not come"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn two_installations_at_once_make_one_and_it_is_used_without_a_network() {
    let dir = cache();
    let one = pm(dir.path(), &["install", RELEASE]).spawn().unwrap();
    let two = pm(dir.path(), &["install", RELEASE]).output().unwrap();
    assert!(one.wait_with_output().unwrap().status.success() && two.status.success());
    assert_eq!(entries(dir.path()), ["portage/3.0.83"]);

    let again = offline(dir.path(), &["install", RELEASE, "--format", "json"]);
    let list: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(list[0]["version"], "3.0.83");
    let emerge = list[0]["program"].as_str().unwrap();
    assert!(fs::metadata(emerge).unwrap().permissions().mode() & 0o111 != 0);

    // No network: the newest is the newest there is here.
    let latest = offline(dir.path(), &["install", "portage@latest"]);
    assert!(stdout(&latest).starts_with("portage@3.0.83 "), "{latest:?}");

    // Its own environment is a prefix like any other.
    let prefix = format!("portage:{}", dir.path().join("pm/portage/3.0.83").display());
    let path = pm(dir.path(), &["install", &prefix, "--format", "json"])
        .output()
        .unwrap();
    let list: serde_json::Value = serde_json::from_slice(&path.stdout).unwrap();
    assert_eq!(
        (&list[0]["version"], &list[0]["kind"]),
        (&"3.0.83".into(), &"dir".into())
    );

    let removed = pm(dir.path(), &["remove", "portage@3.0.0..3.1"])
        .output()
        .unwrap();
    assert_eq!(stdout(&removed), "removed portage@3.0.83\n");
    assert_eq!(entries(dir.path()), Vec::<String>::new());
}

#[test]
fn what_a_killed_installation_left_is_removed_by_the_next_command() {
    let dir = cache();
    let begun = || dir.path().join("pm/portage/3.0.83/pyvenv.cfg").exists();
    let mut killed = pm(dir.path(), &["install", RELEASE]).spawn().unwrap();
    wait_until("the environment", begun);
    killed.kill().unwrap();
    killed.wait().unwrap();
    wait_until("the end of what it started", || {
        let list = pm(dir.path(), &["list"]).output().unwrap();
        assert!(!stdout(&list).contains("3.0.83 "), "{list:?}");
        entries(dir.path()).is_empty()
    });
    let scratch = fs::read_dir(dir.path().join("scratch")).unwrap();
    assert_eq!(scratch.count(), 0, "temporary files stay");
}

#[test]
fn an_interrupted_installation_leaves_nothing() {
    let dir = cache();
    let begun = || dir.path().join("pm/portage/3.0.83/pyvenv.cfg").exists();
    let child = pm(dir.path(), &["install", RELEASE]).spawn().unwrap();
    wait_until("the environment", begun);
    let pid = i32::try_from(child.id()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(entries(dir.path()), Vec::<String>::new());
}

#[test]
fn releases_are_installed_side_by_side_and_an_interrupt_leaves_only_whole_ones() {
    let dir = cache();
    let begun = |release: &str| {
        let entry = dir.path().join("pm/portage").join(release);
        entry.join("pyvenv.cfg").exists() && !entry.join("manifest.json").exists()
    };
    let releases = ["install", "portage@3.0.81,3.0.82,3.0.83"];
    let mut child = pm(dir.path(), &releases);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.unwrap();
    wait_until("a second environment beside the first", || {
        begun("3.0.81") && begun("3.0.82")
    });
    let pid = i32::try_from(child.id()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    for entry in entries(dir.path()) {
        let manifest = dir.path().join("pm").join(entry).join("manifest.json");
        assert!(manifest.exists(), "{} is missing", manifest.display());
    }

    let output = pm(dir.path(), &releases).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told.lines().last(), Some("3 of 3 provisioned"), "{told}");
    assert_eq!(told.matches("looking for Python").count(), 1, "{told}");
    let names: Vec<String> = stdout(&output)
        .lines()
        .filter_map(|line| Some(line.split_once(' ')?.0.to_owned()))
        .collect();
    assert_eq!(
        names,
        ["portage@3.0.81", "portage@3.0.82", "portage@3.0.83"]
    );
}

#[test]
fn an_unknown_release_is_told_with_the_newest() {
    let dir = cache();
    let output = pm(dir.path(), &["install", "portage@9.9"])
        .output()
        .unwrap();
    let error = failure(dir.path(), &output);
    assert!(
        error.starts_with("portage 9.9 is not in the package index: the newest is 3."),
        "{error}"
    );
}

#[test]
fn without_a_network_the_message_says_what_can_be_done() {
    let dir = cache();
    let error = failure(dir.path(), &offline(dir.path(), &["install", RELEASE]));
    assert!(
        error.starts_with("cannot reach the package index for portage"),
        "{error}"
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let error = failure(
        Path::new("/proc/pmsts"),
        &pm(Path::new("/proc/pmsts"), &["install", RELEASE])
            .output()
            .unwrap(),
    );
    assert!(
        error.contains("/proc/pmsts") && error.contains("PMSTS_CACHE"),
        "{error}"
    );
}

#[test]
fn a_full_disk_is_named_and_nothing_stays() {
    let dir = cache();
    let script = format!(
        "mount -t tmpfs -o size=1M pmsts {cache} && {program} pm install {RELEASE}; status=$?
         test -z \"$(ls {cache}/pm/portage)\" || exit 99; exit $status",
        cache = dir.path().display(),
        program = env!("CARGO_BIN_EXE_pmsts"),
    );
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .env("PMSTS_CACHE", dir.path())
        .output()
        .unwrap();
    let error = failure(dir.path(), &output);
    assert!(error.starts_with("the disk is full"), "{error}");
}

#[test]
fn a_checkout_runs_from_its_own_modules() {
    let dir = cache();
    let root = dir.path().join("checkout");
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::create_dir_all(root.join("lib/portage")).unwrap();
    fs::write(root.join("bin/emerge"), "#!/usr/bin/env python3\n").unwrap();
    fs::write(
        root.join("lib/portage/__init__.py"),
        "VERSION = '3.9-test'\n",
    )
    .unwrap();
    let spec = format!("portage:{}", root.display());
    let output = pm(dir.path(), &["install", &spec, "--format", "json"])
        .output()
        .unwrap();
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list[0]["version"], "3.9-test");
    assert_eq!(
        list[0]["site_packages"],
        root.join("lib").canonicalize().unwrap().to_str().unwrap()
    );
    assert!(
        !root.join("lib/portage/__pycache__").exists(),
        "a user's checkout is only read"
    );
}

#[test]
fn a_static_bash_is_fetched_once_and_is_new_enough_for_every_eapi() {
    let dir = cache();
    let cache = Cache::at(dir.path()).unwrap();
    let minimum = BashVersion::for_eapi("9");
    let mut seen = Vec::new();
    let mut monitor = Monitor {
        report: &mut |it| seen.push(it.to_string()),
        cancelled: &|| false,
    };
    let first = bash::provide(
        &Choice::Auto,
        minimum,
        &Place::Machine,
        &cache,
        &mut monitor,
    )
    .unwrap();
    let second = bash::provide(
        &Choice::Auto,
        minimum,
        &Place::Machine,
        &cache,
        &mut monitor,
    )
    .unwrap();
    assert!(first.version >= minimum);
    assert_eq!(first.path, second.path);
    let host = bash::provide(
        &Choice::Auto,
        BashVersion::for_eapi("0"),
        &Place::Machine,
        &cache,
        &mut monitor,
    )
    .unwrap();
    assert_eq!(host.origin, Origin::Host);
    if first.origin == Origin::Provisioned {
        assert_eq!(seen, ["fetching a static Bash"]);
        let left: Vec<_> = fs::read_dir(dir.path().join("bash/static"))
            .unwrap()
            .flatten()
            .collect();
        assert_eq!(left.len(), 2, "the program and its manifest: {left:?}");
    }
}

//! What tests of the whole program share: case files of their own, a run, and a look at what is left.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

/// The package managers that the tests run.
pub(crate) const PORTAGE: &str = "portage@3.0.83";
pub(crate) const PKGCORE: &str = "pkgcore@0.12.48";

/// A number of seconds, for `sleep`, that no other process of this machine has in its command line.
pub(crate) fn marker() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}.{next}", 1_000_000 + std::process::id())
}

/// A directory with one case file, and room for the run's output.
pub(crate) struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new(cases: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("cases")).unwrap();
        fs::create_dir(dir.path().join("tmp")).unwrap();
        fs::write(dir.path().join("cases/cases.toml"), cases).unwrap();
        Self { dir }
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    pub(crate) fn cases(&self) -> PathBuf {
        self.dir.path().join("cases")
    }

    /// Where the run keeps its private directory.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.dir.path().join("tmp")
    }

    /// `pmsts run` on the cases.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pmsts"));
        command
            .args(["run", "--cases-dir"])
            .arg(self.dir.path().join("cases"))
            .arg("--output")
            .arg(self.out())
            .env("TMPDIR", self.tmp())
            .args(arguments);
        command
    }

    /// Starts a run, unseen, and waits until a process of it mentions the marker.
    pub(crate) fn start<S: AsRef<str>>(&self, arguments: &[S], marker: &str) -> Child {
        let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        let mut command = self.command(&arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        wait_until("it is at work", || process_mentions(marker));
        child
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn results(&self) -> Json {
        serde_json::from_str(&fs::read_to_string(self.out().join("results.json")).unwrap()).unwrap()
    }

    /// The verdict on the only instance of a case on the first package manager.
    pub(crate) fn verdict(&self, case: &str) -> (String, Json) {
        let results = self.results();
        let instances = results["targets"][0]["instances"].as_array().unwrap();
        let instance = instances.iter().find(|i| i["case"] == case).unwrap();
        (
            instance["verdict"].as_str().unwrap().to_owned(),
            instance.clone(),
        )
    }

    /// Nothing of the run is left: no process, no mount, no file.
    pub(crate) fn assert_nothing_left(&self) {
        let here = self.tmp().display().to_string();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(&here), "a mount is left");
        assert!(!process_mentions(&here), "a process is left");
        let files: Vec<_> = fs::read_dir(self.tmp())
            .unwrap()
            .flatten()
            .map(|e| e.path())
            .collect();
        assert!(files.is_empty(), "files are left: {files:?}");
    }
}

/// Limits that end quickly what does not end by itself.
pub(crate) fn short_limits(seconds: &str) -> [&str; 8] {
    [
        "--timeout",
        seconds,
        "--timeout-per-build",
        "0",
        "--grace",
        "1",
        "--output-limit",
        "4",
    ]
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

/// Whether some process has the text in its command line.
pub(crate) fn process_mentions(text: &str) -> bool {
    let own = std::process::id().to_string();
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        entry.file_name().to_str() != Some(own.as_str())
            && fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
    })
}

/// Processes that have both texts in their command lines, other than shells that run them.
pub(crate) fn processes_with_arguments(one: &str, other: &str) -> Vec<Pid> {
    let has = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
            let line = String::from_utf8_lossy(&line).into_owned();
            let is_run = line.split('\0').nth(1) == Some("run");
            is_run && line.contains(one) && line.contains(other)
        })
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(has).map(Pid::from_raw).collect()
}

pub(crate) fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The scripted package manager of the tests, with a defect.
pub(crate) struct Scripted {
    adapter: tempfile::NamedTempFile,
}

impl Scripted {
    pub(crate) fn new(defect: &str) -> Self {
        let adapter = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        let text = fs::read_to_string(SCRIPTED.to_owned() + "/scripted.toml").unwrap();
        fs::write(adapter.path(), text.replace("@defect@", defect)).unwrap();
        Self { adapter }
    }

    /// The options that choose it, in the one EAPI that it has.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let adapter = self.adapter.path().display().to_string();
        let spec = format!("scripted:{SCRIPTED}");
        ["--adapter", &adapter, "--pm", &spec, "--eapi", "8"]
            .map(str::to_owned)
            .to_vec()
    }
}

const SCRIPTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripted");

/// A case of its own testbed.
pub(crate) fn case(id: &str, ebuild: &str, expect: &str) -> String {
    format!(
        "[[case]]\nid = \"{id}\"\ntitle = \"A case\"\nsection = \"ch:ebuild-functions\"\n\
         requirements = [\"ebuild-functions.default-exists-for-every-phase\"]\n\
         alone = \"it misbehaves\"\n[case.ebuild]\n{ebuild}\n[case.expect]\n{expect}\n"
    )
}

/// A case that tells one value.
pub(crate) fn quick() -> String {
    case(
        "quick",
        "src_compile = 'observe x y'",
        "\"src_compile.x\" = \"y\"",
    )
}

/// Waits until something holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

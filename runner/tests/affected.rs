//! What comes first on a checkout: what failed last time, then what a change touches. Wants root.

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use common::{Bench, Scripted, case, text};
use serde_json::Value as Json;

/// A checkout of the scripted package manager, and cases that use different functions of it.
struct Checkout {
    bench: Bench,
    pm: Scripted,
    dir: tempfile::TempDir,
}

fn cases(expected: &str) -> String {
    let quick = |id: &str, ebuild: &str, value: &str| {
        let ebuild = format!("{ebuild}\nsrc_compile = 'observe x y'");
        case(id, &ebuild, &format!("\"src_compile.x\" = \"{value}\""))
    };
    // In the first phase, as later ones take all functions from the environment that it left.
    // Many cases use neither function, so that each is used by few.
    let others: Vec<String> = (0..16)
        .map(|n| quick(&format!("other-{n}"), "", "y"))
        .collect();
    let all = [
        quick("makes-a-link", "pkg_pretend = 'dosym a /b'", "y"),
        quick("makes-a-directory", "pkg_pretend = 'dodir /c'", "y"),
        quick("says", "", expected),
    ];
    others.into_iter().chain(all).collect::<Vec<_>>().join("\n")
}

impl Checkout {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripted/bin/scripted");
        fs::copy(program, bin.join("scripted")).unwrap();
        Self {
            bench: Bench::new(&cases("y")),
            pm: Scripted::new(""),
            dir,
        }
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("bin/scripted")
    }

    fn replace(&self, old: &str, new: &str) {
        let program = fs::read_to_string(self.program()).unwrap();
        assert!(program.contains(old));
        fs::write(self.program(), program.replace(old, new)).unwrap();
    }

    fn with(&self, mut command: Command, more: &[&str]) -> Output {
        let mut arguments = self.pm.arguments();
        arguments[3] = format!("scripted:{}", self.dir.path().display());
        command.args(arguments).args(["--jobs", "1"]).args(more);
        command.env("PMSTS_CACHE", self.dir.path().with_extension("cache"));
        command.output().unwrap()
    }

    fn map(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pmsts"));
        command.args(["map", "--format", "json", "--cases-dir"]);
        command.arg(self.bench.cases());
        self.with(command, &[])
    }

    /// Runs the cases; returns what pmsts said, and the cases in the order in which they ran.
    fn run(&self, more: &[&str]) -> (String, Vec<String>) {
        let events = self.dir.path().with_extension("events");
        let mut command = self.bench.command(&[]);
        command.arg("--events").arg(&events);
        let output = self.with(command, more);
        let lines = fs::read_to_string(&events).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str::<Json>(line).unwrap());
        let ran =
            lines.filter(|it| it["event"] == "verdict" && it["instance"]["verdict"] != "skipped");
        let cases = ran.map(|it| it["instance"]["case"].as_str().unwrap().to_owned());
        (text(&output), cases.collect())
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.dir.path().with_extension("cache"));
        let _ = fs::remove_file(self.dir.path().with_extension("events"));
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_a_change_touches_and_what_failed_come_first() {
    let checkout = Checkout::new();
    let output = checkout.map();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    checkout.run(&[]);
    checkout.replace("dosym() { install", "dosym() { : changed; install");
    let (said, cases) = checkout.run(&["--fail-fast"]);
    assert_eq!(cases[0], "makes-a-link", "{said}");
    assert_eq!(cases.len(), 19, "it only orders: {said}");
    assert!(
        said.contains("first come 0 builds that failed last time and 1 that use"),
        "{said}"
    );

    let wrong = cases_with_a_failure(&checkout);
    assert_eq!(wrong.last().map(String::as_str), Some("says"));
    checkout.replace("dodir() { local d;", "dodir() { local d; : changed;");
    let (_, cases) = checkout.run(&[]);
    assert_eq!(cases[..2], ["says", "makes-a-directory"]);
    // Nothing new is begun after a failure, and a run that was ended early is not what the next one goes by.
    let (_, cases) = checkout.run(&["--fail-fast"]);
    assert_eq!(cases, ["says"]);
}

/// Changes what a case expects, so that it fails, and runs all.
fn cases_with_a_failure(checkout: &Checkout) -> Vec<String> {
    fs::write(checkout.bench.cases().join("cases.toml"), cases("z")).unwrap();
    checkout.run(&[]).1
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn without_a_map_it_says_how_to_record_one() {
    let checkout = Checkout::new();
    checkout.run(&["other-0"]);
    checkout.replace("dosym() { install", "dosym() { : changed; install");
    let (said, _) = checkout.run(&["other-0"]);
    assert!(said.contains("`pmsts map --pm scripted:"), "{said}");
    let output = checkout.with(checkout.bench.command(&[]), &["--since", "HEAD"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(
        text(&output).contains("git cannot compare"),
        "{}",
        text(&output)
    );
}

//! The book in docs/: pages and links, and that what it prints is true. `BOOK=overwrite` writes the generated pages anew.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{PKGCORE, PORTAGE, text};
use pmsts_testcases::Suite;

const PMSTS: &str = env!("CARGO_BIN_EXE_pmsts");

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn source() -> PathBuf {
    top().join("docs/src")
}

/// The pages of the book.
fn pages() -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(source()).into_iter().flatten();
    let all = all.map(walkdir::DirEntry::into_path);
    let mut pages: Vec<PathBuf> = all
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    pages.sort();
    assert!(pages.len() > 15, "{pages:?}");
    pages
}

/// The pages, and the pages of the repository that people read first.
fn printed() -> Vec<PathBuf> {
    let others = ["README.md", "CONTRIBUTING.md", "testcases/README.md"];
    let others = others.map(|name| top().join(name));
    pages().into_iter().chain(others).collect()
}

/// The blocks of a page in one language.
fn blocks(page: &Path, language: &str) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(name)) => open = Some((name == language, String::new())),
            (Some(_), Some(_)) => {
                blocks.extend(
                    open.take()
                        .filter(|(wanted, _)| *wanted)
                        .map(|(_, text)| text),
                );
            }
            (Some((_, text)), None) => text.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    blocks
}

/// The targets of the links of a page.
fn links(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let rest = text.split("](").skip(1);
    rest.filter_map(|rest| rest.split_once(')').map(|(link, _)| link.to_owned()))
        .collect()
}

#[test]
fn every_page_is_in_the_summary_and_every_link_leads_somewhere() {
    let summary = fs::read_to_string(source().join("SUMMARY.md")).unwrap();
    for page in pages() {
        let name = page.strip_prefix(source()).unwrap().display().to_string();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("]({name})")),
            "{name} is not in SUMMARY.md"
        );
    }
    for page in printed() {
        for link in links(&page) {
            let file = link.split('#').next().unwrap_or_default();
            let is_local = !file.is_empty() && !file.contains("://");
            let there = page.parent().unwrap().join(file);
            assert!(!is_local || there.exists(), "{}: {link}", page.display());
        }
    }
}

/// The shell reads the line, and clap reads the arguments: with --help nothing is run.
#[test]
fn every_printed_command_is_a_command() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("testcases")).unwrap();
    let mut count = 0;
    for page in printed() {
        for block in blocks(&page, "sh") {
            // In a list, blocks are indented.
            let lines = block.lines().map(str::trim_start);
            for line in lines.filter(|line| line.starts_with("pmsts ")) {
                let script = format!("pmsts() {{ \"$PMSTS\" \"$@\" --help; }}\n{line}");
                let mut bash = Command::new("bash");
                let bash = bash.args(["-c", &script]).env("PMSTS", PMSTS);
                // Which Slurm sets.
                let bash = bash.env("SLURM_ARRAY_TASK_ID", "1");
                let output = bash.current_dir(&dir).output().unwrap();
                let page = page.display();
                assert!(output.status.success(), "{page}: {line}\n{}", text(&output));
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

/// The case files that pages print.
fn cases() -> Vec<String> {
    let blocks = printed().into_iter().flat_map(|page| blocks(&page, "toml"));
    let cases: Vec<String> = blocks.filter(|block| block.contains("[[case]]")).collect();
    assert!(cases.len() > 1, "{cases:?}");
    cases
        .into_iter()
        .map(|case| {
            if case.starts_with("section") {
                case
            } else {
                // One that goes into a file with others.
                format!("section = \"sec:pkg-mgr-commands\"\n{case}")
            }
        })
        .collect()
}

#[test]
fn every_printed_case_loads() {
    for case in cases() {
        if let Err(error) = Suite::with_text("page", &case) {
            panic!("{case}\n{:?}", miette::Report::new(error));
        }
    }
}

/// A printed case is right where one of the two package managers passes it. Whether the other one has a known finding
/// there is no matter of the page.
#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn every_printed_case_passes_on_portage_or_pkgcore() {
    let dir = tempfile::tempdir().unwrap();
    // Two pages may print a case of the same id.
    for (number, case) in cases().iter().enumerate() {
        let cases = dir.path().join(number.to_string());
        fs::create_dir(&cases).unwrap();
        fs::write(cases.join("case.toml"), case).unwrap();
        let run = |pm: &str| {
            let mut pmsts = Command::new(PMSTS);
            let pmsts = pmsts.args(["run", "--pm", pm, "--jobs", "1", "--cases-dir"]);
            let pmsts = pmsts.arg(&cases).arg("--output").arg(cases.join(pm));
            pmsts.output().unwrap()
        };
        let output = run(PORTAGE);
        if output.status.code() != Some(0) {
            let other = run(PKGCORE);
            let said = format!("{}{}", text(&output), text(&other));
            assert_eq!(other.status.code(), Some(0), "{case}\n{said}");
        }
    }
}

fn help(words: &[String]) -> String {
    let mut pmsts = Command::new(PMSTS);
    let pmsts = pmsts.args(words).arg("--help").env("COLUMNS", "100");
    let output = pmsts.output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The help of a command and of those below it, as sections of a page.
fn sections(words: &[String]) -> String {
    let help = help(words);
    let name = [&["pmsts".to_owned()], words].concat().join(" ");
    let mut out = format!("\n## {name}\n\n```text\n{}\n```\n", help.trim_end());
    let commands = help.split_once("\nCommands:\n").map(|(_, rest)| rest);
    for line in commands
        .unwrap_or_default()
        .lines()
        .take_while(|line| !line.is_empty())
    {
        let name = line.strip_prefix("  ").unwrap_or_default();
        match name.split(' ').next() {
            // The rest of a long description is indented further.
            None | Some("" | "help") => {}
            Some(name) => out.push_str(&sections(&[words, &[name.to_owned()]].concat())),
        }
    }
    out
}

/// Holds a generated page against what pmsts prints, or writes it.
fn generated(page: &str, expected: &str) {
    let path = source().join(page);
    if std::env::var_os("BOOK").is_some_and(|it| it == "overwrite") {
        fs::write(&path, expected).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == expected,
        "{page} is not what pmsts prints: BOOK=overwrite cargo test -p pmsts --test book"
    );
}

#[test]
fn the_page_of_commands_is_their_help() {
    let page = format!(
        "# Commands\n\nWhat each command says with `--help`. The test `book` writes this page.\n{}",
        sections(&[])
    );
    generated("reference/commands.md", &page);
}

#[test]
fn the_page_of_adapters_is_the_skeleton() {
    let dir = tempfile::tempdir().unwrap();
    let mut pmsts = Command::new(PMSTS);
    let pmsts = pmsts.args(["adapter", "new", "mine"]).current_dir(&dir);
    let output = pmsts.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let skeleton = fs::read_to_string(dir.path().join("mine.toml")).unwrap();
    let page = format!(
        "# Format of adapters\n\nAn adapter is a TOML file. `pmsts adapter new NAME` writes this one, in which every key is \
         explained; `runner/adapters/` has those of the package managers that pmsts knows. The test `book` writes this \
         page.\n\n```toml\n{skeleton}```\n"
    );
    generated("reference/adapters.md", &page);
}

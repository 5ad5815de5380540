//! The command line as users see it: help texts, errors, exit statuses, completions, manual pages.

use std::process::Command;

fn pmsts(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    (output.status.code().unwrap(), text)
}

/// Help texts and short answers, as files that show command and output. `TRYCMD=overwrite` writes them anew.
#[test]
fn commands_print_what_their_files_show() {
    trycmd::TestCases::new()
        .env("COLUMNS", "120")
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.toml")
        .case("tests/cmd/*.trycmd")
        .case("../docs/src/explanation/*.md");
}

#[test]
fn completions_of_every_shell_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (status, text) = pmsts(&["completions", shell]);
        assert_eq!(status, 0, "{shell}");
        for command in ["bisect", "sabotage", "probe"] {
            assert!(text.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let (status, text) = pmsts(&["man", dir.path().to_str().unwrap()]);
    assert_eq!(status, 0, "{text}");
    let (_, help) = pmsts(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let names = commands
        .lines()
        .filter(|l| l.starts_with("  ") && !l.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|l| l.split_whitespace().next()).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names.iter().filter(|name| **name != "help") {
        let page = dir.path().join(format!("pmsts-{name}.1"));
        assert!(page.exists(), "{name}");
    }
}

#[test]
fn every_command_explains_itself() {
    let (_, help) = pmsts(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    for line in commands.lines().take_while(|line| !line.is_empty()) {
        let Some(name) = line
            .split_whitespace()
            .next()
            .filter(|_| !line.starts_with("   "))
        else {
            continue;
        };
        if name == "help" {
            continue;
        }
        let (status, text) = pmsts(&[name, "--help"]);
        assert_eq!(status, 0, "{name}");
        assert!(text.contains("Usage: pmsts"), "{name}: {text}");
    }
}

#[test]
fn a_newer_text_of_the_pms_is_held_against_the_catalogue() {
    let dir = tempfile::tempdir().unwrap();
    let pms = dir.path().to_str().unwrap();
    let git = |arguments: &[&str]| {
        let person = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let mut git = Command::new("git");
        let git = git.arg("-C").arg(dir.path()).args(person).args(arguments);
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    };
    let write = |text: &str| std::fs::write(dir.path().join("merge.tex"), text).unwrap();
    let (status, text) = pmsts(&["spec", "diff", "--pms", pms]);
    assert_eq!(status, 2);
    assert!(text.contains("has no LaTeX source"), "{text}");

    write("\\section{A}\n\\label{sec:a}\nThey must fly.\n");
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    write("\\section{A}\n\\label{sec:b}\nThey must fly.\n\nThey must not fall.\n");
    let (status, text) = pmsts(&[
        "spec", "diff", "--pms", pms, "--from", "HEAD", "--format", "json",
    ]);
    assert_eq!(status, 0, "{text}");
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(found["gone"][0]["label"], "sec:a");
    assert_eq!(found["unnamed"][0]["new"], false);
    assert_eq!(found["unnamed"][1]["new"], true);
    assert_eq!(found["unnamed"][1]["first_line"], 5);
    assert_eq!(found["changed"].as_array().unwrap().len(), 0);

    // Of the text that the catalogue describes nothing is left here.
    let (_, text) = pmsts(&["spec", "diff", "--pms", pms]);
    assert!(text.contains("  sec:config-protect: merge."), "{text}");
    let (status, text) = pmsts(&["spec", "anchors", "--pms", pms]);
    assert_eq!(status, 2);
    assert!(text.contains("check that commit out"), "{text}");
}

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
        .case("tests/cmd/*.trycmd");
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

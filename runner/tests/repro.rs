//! `pmsts repro`: what it writes shows the finding without pmsts.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::PORTAGE;

const CASES: &str = r#"
section = "feat:dosym-relative"

[[case]]
id = "shown"
title = "a link's target, and what is asked for, are told side by side"
requirements = ["pkg-mgr-commands.dosym-r"]
eapis = "8"

[case.ebuild]
src_install = '''
dosym -r /usr/share/a/target /usr/bin/shown-of-repro
observe link "$(readlink "${ED}/usr/bin/shown-of-repro")"
'''

[case.expect]
"src_install.link" = "../other"
"file /usr/bin/shown-of-repro" = { type = "symlink" }
"#;

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_finding_is_seen_without_pmsts() {
    let dir = tempfile::tempdir().unwrap();
    let cases = dir.path().join("cases");
    fs::create_dir(&cases).unwrap();
    fs::write(cases.join("cases.toml"), CASES).unwrap();
    let repro = dir.path().join("repro");
    let written = Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .args(["repro", "shown", "--pm", PORTAGE, "--cases-dir"])
        .arg(&cases)
        .arg("--output")
        .arg(&repro)
        .output()
        .unwrap();
    assert!(written.status.success(), "{written:?}");
    let before = Path::new("/etc/portage").exists();
    let shown = Command::new(repro.join("repro.sh")).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout);
    for line in [
        "exit status 0",
        "  expected `../other`",
        "  observed ../share/a/target",
        "/usr/bin/shown-of-repro -> ../share/a/target",
    ] {
        assert!(
            text.contains(line),
            "{line}: {text}{}",
            String::from_utf8_lossy(&shown.stderr)
        );
    }
    assert_eq!(
        Path::new("/etc/portage").exists(),
        before,
        "the machine is as it was"
    );
}

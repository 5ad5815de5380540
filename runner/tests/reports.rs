//! `pmsts report` and `pmsts compare` on records, and what they end with.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

fn pmsts(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmsts"));
    command.current_dir(dir).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn instance(case: &str, verdict: &str) -> Json {
    json!({
        "id": format!("{case}@8"), "case": case, "title": "A title", "eapi": "8", "row": null,
        "section": "feat:dosym-relative", "chapter": "pkg-mgr-commands",
        "requirements": ["pkg-mgr-commands.dosym-r"], "verdict": verdict, "reason": null,
        "disputed": null, "compared": [], "build": null, "checksum": "sum",
    })
}

/// A record of one run, in its own directory.
fn record(dir: &Path, name: &str, version: &str, instances: &[Json]) {
    let run = json!({
        "name": format!("portage@{version}"), "pm": "portage", "version": version,
        "spec": format!("portage@{version}"), "bash": "5.2.15", "interpreter": null,
        "testbed": "overlay", "notes": [], "broken": null,
        "timing": { "wall_ms": 1, "pm_ms": 1, "testbeds_ms": 1, "jobs": 1, "commands": 1, "overhead_ratio": 0.0 },
        "refused_messages": {}, "instances": instances, "builds": [],
    });
    let results = json!({
        "schema": 2,
        "suite": { "version": "0.1.0", "revision": null, "pms_revision": "cf938665" },
        "host": { "kernel": "6.1", "system": "Debian", "arch": "x86_64", "cores": 2 },
        "started": "2026-11-21T00:00:00Z", "duration_ms": 1, "interrupted": false,
        "arguments": ["run"], "seed": 1, "targets": [run],
        "sources": { "sum": { "files": { "/a.ebuild": "EAPI=8\n" } } },
    });
    fs::create_dir_all(dir.join(name)).unwrap();
    fs::write(dir.join(name).join("results.json"), results.to_string()).unwrap();
}

/// Two releases: `a` fails since the newer one, `b` passes since then.
fn two(dir: &Path) {
    record(
        dir,
        "old",
        "3.0.9",
        &[instance("a", "passed"), instance("b", "failed")],
    );
    record(
        dir,
        "new",
        "3.0.10",
        &[
            instance("a", "failed"),
            instance("b", "passed"),
            instance("c", "failed"),
        ],
    );
}

#[test]
fn a_comparison_ends_with_1_where_something_newly_fails() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    let worse = pmsts(
        dir.path(),
        &[
            "compare",
            "old",
            "new/results.json",
            "--format",
            "json",
            "-o",
            "page.html",
        ],
    );
    assert_eq!(worse.status.code(), Some(1), "{worse:?}");
    let json: Json = serde_json::from_str(&text(&worse)).unwrap();
    let compared = &json["package_managers"][0];
    for (list, id) in [
        ("newly_failing", "a@8"),
        ("newly_passing", "b@8"),
        ("new", "c@8"),
    ] {
        assert_eq!(compared[list][0]["id"], id, "{compared}");
    }
    assert_eq!(compared["gone"], json!([]));
    let page = fs::read_to_string(dir.path().join("page.html")).unwrap();
    assert!(page.contains("portage@3.0.9 → portage@3.0.10"));

    let same = pmsts(dir.path(), &["compare", "old", "old"]);
    assert_eq!(same.status.code(), Some(0), "{same:?}");
    assert!(text(&same).contains("2 the same"));
}

#[test]
fn a_site_is_made_of_any_number_of_records() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    let made = pmsts(dir.path(), &["report", "new", "old", "--output", "site"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let page = fs::read_to_string(dir.path().join("site/index.html")).unwrap();
    let place = |version| page.find(&format!("portage@{version}</th>")).unwrap();
    assert!(
        place("3.0.9") < place("3.0.10"),
        "releases stand in their order"
    );
    assert!(dir.path().join("site/data/0-1.js").is_file());

    // Records of different suites stand beside each other, and the page says so.
    let path = dir.path().join("new/results.json");
    let other = fs::read_to_string(&path)
        .unwrap()
        .replace("cf938665", "5e1f0c2a");
    fs::write(&path, other).unwrap();
    assert!(
        pmsts(dir.path(), &["report", "new", "old", "-o", "site"])
            .status
            .success()
    );
    let page = fs::read_to_string(dir.path().join("site/index.html")).unwrap();
    assert!(page.contains("different versions of the suite"));
    let refused = pmsts(dir.path(), &["report", "new", "old", "--format", "tap"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");

    // A smaller one leaves nothing of the larger behind.
    assert!(
        pmsts(dir.path(), &["report", "old", "-o", "site"])
            .status
            .success()
    );
    assert!(!dir.path().join("site/data/0-1.js").exists());
}

#[test]
fn every_form_for_machines_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    for (form, begin) in [
        ("html", "<!DOCTYPE html>"),
        ("json", "{\"schema\":2"),
        ("junit", "<?xml"),
        ("tap", "TAP version 14"),
        ("markdown", "## PMS conformance"),
        ("github", "::error title=portage@3.0.9%3A b in EAPI 8::"),
        ("badge", "<svg "),
    ] {
        let made = pmsts(dir.path(), &["report", "old", "new", "--format", form]);
        assert_eq!(made.status.code(), Some(0), "{made:?}");
        assert!(text(&made).starts_with(begin), "{form}: {}", text(&made));
    }
}

#[test]
fn what_cannot_be_reported_is_told() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    for (arguments, code, words) in [
        (&["report", "old"][..], 2, "--output DIR"),
        (&["report", "old", "old", "-o", "site"], 2, "both have a@8"),
        (&["report", "none", "-o", "site"], 3, "cannot read `none`"),
        (&["compare", "old", "none"], 3, "cannot read `none`"),
        (
            &["explain", "dosym-r-no-such"],
            2,
            "no case or requirement is named",
        ),
        (
            &["repro", "no-such", "--pm", "portage", "-o", "repro"],
            2,
            "no case `no-such`",
        ),
    ] {
        let refused = pmsts(dir.path(), arguments);
        assert_eq!(refused.status.code(), Some(code), "{refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_requirement_is_explained_with_the_last_verdicts() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    let said = pmsts(
        dir.path(),
        &["explain", "pkg-mgr-commands.dosym-r", "old", "new"],
    );
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    let said = text(&said);
    assert!(said.contains("feat:dosym-relative"), "{said}");
    assert!(said.contains("portage@3.0.10 a@8: failed"), "{said}");
}

#[test]
fn a_label_a_command_a_variable_and_a_phase_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    for (id, kind, requirement) in [
        ("feat:dosym-relative", "label", "pkg-mgr-commands.dosym-r"),
        ("dosym", "word", "pkg-mgr-commands.dosym-r"),
        ("ED", "variable", ""),
        ("src_install", "phase", ""),
    ] {
        let said = pmsts(
            dir.path(),
            &["explain", id, "old", "new", "--format", "json"],
        );
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        let said: Json = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(said["kind"], kind);
        let ids = |list: &str| -> Vec<String> {
            let all = said[list].as_array().unwrap().iter();
            all.map(|one| one["id"].as_str().unwrap().to_owned())
                .collect()
        };
        assert!(!ids("cases").is_empty(), "{id}");
        assert!(!ids("findings").is_empty(), "{id}");
        let requirements = ids("requirements");
        assert!(
            requirement.is_empty() || requirements.iter().any(|id| id == requirement),
            "{id}: {requirements:?}"
        );
        assert!(said["targets"][0]["target"].is_string(), "{id}: {said}");
    }
    let said = text(&pmsts(dir.path(), &["explain", "feat:dosym-relative"]));
    assert!(said.contains("section 12.3.9"), "{said}");
    assert!(said.contains("findings about "), "{said}");
}

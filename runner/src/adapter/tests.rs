//! What the adapters generate, as snapshots; Paludis is run for real only where a `cave` is found.

use pmsts_testcases::model::{ContentKind, Operation};

use super::*;

fn generated(name: &str) -> String {
    let adapter = Adapter::embedded(name).unwrap();
    let context = Context::example();
    let setup = adapter.setup(&context).unwrap();
    let mut text = String::new();
    for (path, content) in &setup.files {
        text.push_str(&match &content.kind {
            ContentKind::File(value) => format!("--- {path}\n{}", value.text()),
            ContentKind::Symlink(target) => format!("--- {path} -> {target}\n"),
            _ => format!(
                "--- {path}/ {:?} {:?}\n",
                content.mode.map(|m| format!("{m:04o}")),
                content.owner
            ),
        });
    }
    text.push_str(&format!(
        "--- hidden {:?}\n--- users {:?}\n",
        setup.hidden, setup.users
    ));
    let packages = ["=cat/one-1".to_owned(), "=cat/two-2".to_owned()];
    for operation in Operation::ALL {
        match adapter.command(operation, &packages, &context) {
            Ok(command) => text.push_str(&format!("$ {}\n", command.argv.join(" "))),
            Err(error) => text.push_str(&format!("# {error}\n")),
        }
    }
    let command = adapter
        .command(Operation::Install, &packages, &context)
        .unwrap();
    text.push_str(&format!("{:#?}\n", command.env));
    text
}

#[test]
fn paludis_is_configured_and_driven_like_this() {
    insta::assert_snapshot!(generated("paludis"));
}

#[test]
fn portage_is_configured_and_driven_like_this() {
    insta::assert_snapshot!(generated("portage"));
}

#[test]
fn pkgcore_is_configured_and_driven_like_this() {
    insta::assert_snapshot!(generated("pkgcore"));
}

#[test]
fn a_bad_adapter_is_refused_with_its_place() {
    let good = EMBEDDED[0].1;
    for (bad, wanted) in [
        (
            good.replace("vdb =", "vdbs ="),
            "a.toml:4:1: unknown field `vdbs`",
        ),
        (
            good.replace("[operation.install]", "[operation.instal]"),
            "unknown variant `instal`",
        ),
        (good.replace("{{profile}}", "{{profil}}"), "profil"),
        (good.replace("{{profile}}", "{{#if}}"), "template"),
        (good.replace("\"0-9\"", "\"0-10\""), "`10` is no EAPI"),
    ] {
        let error = Adapter::parse("a.toml", &bad).unwrap_err().to_string();
        assert!(error.contains(wanted), "wanted {wanted}, got {error}");
    }
}

#[test]
fn releases_claim_their_eapis() {
    let portage = Adapter::embedded("portage").unwrap();
    for (version, eapis) in [
        ("3.0.83", "0-9"),
        ("3.0.76", "0-9"),
        ("3.0.75", "0-8"),
        ("3.0.19", "0-8"),
        ("unknown", "0-9"),
    ] {
        assert_eq!(portage.claims(version).to_string(), eapis, "{version}");
    }
}

//! What the adapters generate, as snapshots; Paludis is run for real only where a `cave` is found.

use pmsts_testcases::model::{Config, ContentKind, Operation};

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
    let first = adapter.operation.keys().next().unwrap();
    let command = adapter.command(*first, &packages, &context).unwrap();
    text.push_str(&format!("{:#?}\n", command.env));
    text
}

#[test]
fn paludis_is_configured_and_driven_like_this() {
    insta::assert_snapshot!(generated("paludis"));
}

#[test]
fn pkgcraft_is_configured_and_driven_like_this() {
    insta::assert_snapshot!(generated("pkgcraft"));
}

#[test]
fn portage_is_configured_and_driven_like_this() {
    insta::assert_snapshot!(generated("portage"));
}

#[test]
fn pkgcore_is_configured_and_driven_like_this() {
    insta::assert_snapshot!(generated("pkgcore"));
}

/// The words of each call of a scripted `cave`, in order, when the command of an operation is run.
fn calls_of_cave(operation: Operation, updates: bool) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let (bin, log) = (dir.path().join("bin"), dir.path().join("log"));
    std::fs::create_dir(&bin).unwrap();
    let script = format!(
        "#!/bin/sh\nprintf '<%s>' \"$@\" >> {0}\necho >> {0}\n",
        log.display()
    );
    let cave = bin.join("cave");
    std::fs::write(&cave, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&cave, mode).unwrap();
    let context = Context {
        bin: bin.display().to_string(),
        updates,
        ..Context::example()
    };
    let adapter = Adapter::embedded("paludis").unwrap();
    let packages = ["=cat/one-1".to_owned()];
    let command = adapter.command(operation, &packages, &context).unwrap();
    // A file that `*/*` would stand for, if a shell read it.
    let status = std::process::Command::new(&command.argv[0])
        .args(&command.argv[1..])
        .current_dir(dir.path())
        .status();
    assert!(status.unwrap().success());
    let log = std::fs::read_to_string(log).unwrap();
    log.lines().map(str::to_owned).collect()
}

#[test]
fn cave_gets_its_words_as_they_are_written() {
    let call = &calls_of_cave(Operation::Install, false)[..];
    let [install] = call else { panic!("{call:?}") };
    assert!(
        install.contains("<--permit-downgrade><*/*><--permit-old-version><*/*>"),
        "{install}"
    );
    assert!(
        install.ends_with("<--continue-on-failure><always><=cat/one-1>"),
        "{install}"
    );
    for operation in [Operation::Pretend, Operation::Fetch] {
        let call = calls_of_cave(operation, false).concat();
        assert!(
            call.contains("<--no-override-flags><--no-override-masks>"),
            "{call}"
        );
    }
    let call = calls_of_cave(Operation::Uninstall, false).concat();
    assert!(
        call.contains("<--uninstalls-may-break><*/*><=cat/one-1>"),
        "{call}"
    );
}

#[test]
fn cave_syncs_first_where_there_are_updates() {
    let calls = calls_of_cave(Operation::Install, true);
    assert_eq!(calls[0], "<-L><silent><-c><no><sync>");
    assert_eq!(calls[1..], calls_of_cave(Operation::Install, false));
}

/// What a Bash file of Paludis's configuration prints.
fn printed(file: &str, config: Config) -> String {
    let context = Context {
        config,
        ..Context::example()
    };
    let setup = Adapter::embedded("paludis")
        .unwrap()
        .setup(&context)
        .unwrap();
    let ContentKind::File(text) = &setup.files[file].kind else {
        panic!("{file} is no file")
    };
    let text = text.text().into_owned();
    let output = std::process::Command::new("bash")
        .args(["-c", &text])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn flags_and_keywords_of_paludis_are_lines() {
    let config = || Config {
        use_flags: "a\n-b".to_owned(),
        package_use: vec!["cat/pkg c".to_owned()],
        accept_keywords: Some("** ~amd64".to_owned()),
        package_keywords: vec![
            "cat/pkg **".to_owned(),
            ">=cat/pkg-1 -amd64 ~x86".to_owned(),
        ],
        ..Config::default()
    };
    assert_eq!(
        printed("/etc/paludis/keywords.bash", config()),
        "*/* * ~amd64\ncat/pkg *\n>=cat/pkg-1 -amd64 ~x86\n"
    );
    let flags = printed("/etc/paludis/use.bash", config());
    let lines: Vec<&str> = flags.lines().collect();
    assert_eq!(lines[1..], ["*/* a -b", "cat/pkg c"]);
    assert!(
        lines[0].starts_with("*/* build_options: -optional_tests"),
        "{flags}"
    );
    let plain = printed("/etc/paludis/keywords.bash", Config::default());
    assert_eq!(plain, "*/* amd64\n");
}

#[test]
fn each_repository_has_a_file_of_its_own() {
    let mut context = Context::example();
    context.repositories.push(Repository {
        name: "other".to_owned(),
        location: "/var/db/repos/other".to_owned(),
        main: false,
    });
    let setup = Adapter::embedded("paludis")
        .unwrap()
        .setup(&context)
        .unwrap();
    for name in ["pmsts", "other"] {
        let path = format!("/etc/paludis/repositories/{name}.conf");
        let ContentKind::File(text) = &setup.files[&path].kind else {
            panic!("{path} is no file")
        };
        let line = format!("location = /var/db/repos/{name}\n");
        assert!(text.text().contains(&line), "{}", text.text());
    }
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
        (good.replace("\"0-9\"", "\"0-11\""), "`11` is no EAPI"),
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

#[test]
fn the_skeleton_is_an_adapter_that_names_every_key() {
    let text = Adapter::skeleton("mine").unwrap();
    assert!(!text.contains("@name@"));
    // Keys of the table in the documentation of this module.
    for key in [
        "name",
        "eapis",
        "vdb",
        "metadata-cache",
        "[user]",
        "[[hidden]]",
        "hidden-programs",
        "[[directory]]",
        "[[link]]",
        "[[file]]",
        "[env]",
        "[operation.",
        "[lacks]",
        "[lacks-config]",
        "[find]",
        "notes",
    ] {
        assert!(text.contains(key), "{key}");
    }
    for operation in Operation::ALL {
        assert!(text.contains(operation.word()), "{operation:?}");
    }
    assert!(Adapter::skeleton("my \" name").is_err());
}

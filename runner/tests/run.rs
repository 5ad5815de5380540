//! Whole runs on real package managers from the registry. Wants root and the network once.

mod common;

use common::{Bench, PKGCORE, PORTAGE, text};

const CASES: &str = r#"
section = "ch:ebuild-functions"

[[case]]
id = "holds"
title = "This holds"
requirements = ["ebuild-functions.default-exists-for-every-phase"]

[case.ebuild]
src_install = '''
observe value "a
b"
observe binary < <(printf 'a\377\n\033[31m<b>')
mkdir -p "${D}/usr/share" && echo text > "${D}/usr/share/@pn@"
'''

[case.expect]
"src_install.value" = "a\nb"
"file /usr/share/@pn@" = { type = "file", content = "text\n" }

[[case]]
id = "differs"
title = "This differs"
requirements = ["ebuild-functions.default-exists-for-every-phase"]

[case.ebuild]
src_install = 'observe value b'

[case.expect]
"src_install.value" = "a"

[[case]]
id = "silent"
title = "This is never observed"
requirements = ["ebuild-functions.default-exists-for-every-phase"]

[case.ebuild]
src_install = ':'

[case.expect]
"src_install.value" = "a"

[[case]]
id = "dies"
title = "This dies, as it should"
requirements = ["ebuild-functions.default-exists-for-every-phase"]

[case.ebuild]
src_install = 'die'

[case.expect]
outcome = "dies in src_install"
"#;

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn portage_and_pkgcore_are_judged_alike() {
    let bench = Bench::new(CASES);
    let output = bench.run(&["--pm", PORTAGE, "--pm", PKGCORE, "--eapi", "8"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let results = bench.results();
    for (run, name) in results["targets"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["portage", "pkgcore"])
    {
        assert_eq!(run["pm"], name);
        let verdicts: Vec<_> = run["instances"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| &i["verdict"])
            .collect();
        assert_eq!(
            verdicts,
            ["passed", "failed", "not-observed", "passed"],
            "{}",
            text(&output)
        );
        assert!(run["timing"]["pm_ms"].as_u64().unwrap() > 0);
    }
    assert_eq!(results["schema"], 2);
    for file in ["report.html", "junit.xml"] {
        assert!(bench.out().join(file).exists(), "{file}");
    }
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_passes_ends_with_0_and_nothing_chosen_with_4() {
    let bench = Bench::new(CASES);
    let output = bench.run(&["--pm", PORTAGE, "--eapi", "8", "holds", "dies"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = bench.run(&["--pm", PORTAGE, "nothing-has-this-name"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    let output = bench.run(&["--pm", "portage@9.9.9", "holds"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let output = bench.run(&["--eapi", "77"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}

#[test]
fn every_fault_of_the_case_files_is_printed_with_its_place_and_line() {
    let bench = Bench::new("section = \"x\"\n[[case]]\nid = \"A\"\ntitel = \"t\"\n");
    let output = bench.run(&["--pm", PORTAGE]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("cases.toml:3:6: invalid id `A`"), "{text}");
    assert!(text.contains("3 | id = \"A\""), "{text}");
    let misspelt = "cases.toml:4:1: unknown key `titel`: did you mean `title`?";
    assert!(text.contains(misspelt), "{text}");
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn the_example_of_the_guide_passes_as_printed() {
    let guide = include_str!("../../CONTRIBUTING.md");
    let (_, after) = guide.split_once("```toml\n").unwrap();
    let (example, _) = after.split_once("```").unwrap();
    let bench = Bench::new(&format!("section = \"sec:install-functions\"\n{example}"));
    let output = bench.run(&["--pm", PORTAGE, "--pm", PKGCORE, "--eapi", "all"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

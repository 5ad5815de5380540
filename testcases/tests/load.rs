//! The loader: what is wrong is named with its place, and nothing makes it panic.

use miette::Diagnostic as _;
use pmsts_testcases::{Selection, Suite, SuiteError, Variant, expand, select};
use proptest::prelude::*;

const REQUIREMENTS: &str = r#"
[[requirement]]
id = "c.all"
section = "s"
lines = "1"
level = "must"
subject = "package-manager"
eapis = "0-9"
statement = "x"
observable = "none"
check = "x"
testable = "yes"

[[requirement]]
id = "c.new"
section = "s"
lines = "1"
level = "must"
subject = "package-manager"
eapis = "8-9"
statement = "x"
observable = "none"
check = "x"
testable = "yes"
"#;

fn load(cases: &str) -> Result<Suite, SuiteError> {
    Suite::from_texts(
        [("requirements.toml", REQUIREMENTS)],
        [("cases.toml", cases)],
    )
}

fn complaint(cases: &str) -> String {
    match load(cases) {
        Err(SuiteError::Faults(faults)) => faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n"),
        Err(other) => other.to_string(),
        Ok(_) => "no complaint".to_owned(),
    }
}

/// A case with other lines in place of the good ones.
fn case(lines: &[(&str, &str)]) -> String {
    let mut all = [
        ("id", "id = \"a\""),
        ("title", "title = \"t\""),
        ("section", "section = \"s\""),
        ("requirements", "requirements = [\"c.all\"]"),
        ("more", ""),
        ("ebuild", "[case.ebuild]\nsrc_install = 'observe k x'"),
        ("expect", "[case.expect]\n\"src_install.k\" = \"x\""),
    ];
    for (name, line) in lines {
        all.iter_mut().find(|(n, _)| n == name).unwrap().1 = line;
    }
    let lines: Vec<&str> = all.iter().map(|(_, line)| *line).collect();
    format!("[[case]]\n{}\n", lines.join("\n"))
}

#[test]
fn the_good_case_is_good() {
    assert_eq!(complaint(&case(&[])), "no complaint");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn faults_are_named_with_file_line_and_column() {
    let long_input = format!("input = \"{}\"", "x".repeat(5000));
    let table = [
        (
            case(&[("id", "")]),
            "cases.toml:1:1: the key `id` is missing",
        ),
        (
            case(&[("id", "id = \"A b\"")]),
            "cases.toml:2:6: invalid id `A b`",
        ),
        (
            case(&[("title", "title = 5")]),
            "cases.toml:3:9: expected a string, found an integer",
        ),
        (
            case(&[("requirements", "requirements = [\"c.al\"]")]),
            "cases.toml:5:17: the catalogue has no requirement `c.al`: did you mean `c.all`?",
        ),
        (
            case(&[("requirements", "requirements = []")]),
            "cases.toml:5:16: name at least one requirement",
        ),
        (
            case(&[(
                "requirements",
                "requirements = [\"c.new\"]\neapis = \"7-9\"",
            )]),
            "cases.toml:6:9: the requirements hold only in EAPI 8-9",
        ),
        (
            case(&[("more", "eapis = \"11\"")]),
            "cases.toml:6:9: `11` is no EAPI",
        ),
        (
            case(&[("expect", "[case.expect]\noutput = \"x\"")]),
            "cases.toml:10:10: `output` takes only `matches` and `contains`",
        ),
        (
            case(&[("more", &long_input)]),
            "cases.toml:6:9: standard input is limited to 4096 bytes",
        ),
        (
            case(&[("more", "colour = \"red\"")]),
            "cases.toml:6:1: unknown key `colour`",
        ),
        (
            case(&[("more", "unsabotaged = \" \"")]),
            "cases.toml:6:15: give the reason why no sabotage can make the case fail",
        ),
        (
            case(&[(
                "more",
                "unsabotaged = \"x\"\nsabotage = { prelude = \":\" }",
            )]),
            "cases.toml:6:15: the case has a `sabotage` of its own",
        ),
        (
            case(&[("more", "steps = [\"instal\"]")]),
            "cases.toml:6:10: unknown operation `instal`: did you mean `install`?",
        ),
        (
            case(&[("more", "steps = [\"install\", \"install\"]")]),
            "cases.toml:6:21: two steps have the name `install`",
        ),
        (
            case(&[("more", "steps = [\"install nobody\"]")]),
            "cases.toml:6:10: no ebuild has the handle `nobody`",
        ),
        (
            case(&[("ebuild", "")]),
            "cases.toml:1:1: the key `ebuild` is missing",
        ),
        (
            case(&[("ebuild", "[case.ebuild]\nsrc_instal = 'x'")]),
            "cases.toml:8:1: unknown key `src_instal`: did you mean `src_install`?",
        ),
        (
            case(&[("expect", "[case.expect]")]),
            "the case expects nothing",
        ),
        (
            case(&[("expect", "[case.expect]\n\"install.k\" = \"x\"")]),
            "cases.toml:10:1: unknown observation `install.k`",
        ),
        (
            case(&[(
                "expect",
                "[case.expect]\n\"src_install.k\" = { equal = \"x\" }",
            )]),
            "cases.toml:10:21: unknown operator `equal`: did you mean `equals`?",
        ),
        (
            case(&[(
                "expect",
                "[case.expect]\n\"src_install.k\" = { matches = \"(\" }",
            )]),
            "cases.toml:10:31: regex parse error",
        ),
        (
            case(&[(
                "expect",
                "[case.expect]\n\"src_install.k\" = { \"0-3\" = \"x\", \"3-9\" = \"y\" }",
            )]),
            "cases.toml:10:34: EAPI 3 is in two ranges",
        ),
        (
            case(&[(
                "expect",
                "[case.expect]\n\"src_install.other\" = { absent = true }",
            )]),
            "cases.toml:10:1: `src_install.other`: no phase sends this key",
        ),
        (
            case(&[("expect", "[case.expect]\n\"later/phases\" = []")]),
            "cases.toml:10:1: `later/phases`: there is no step `later`",
        ),
        (
            case(&[("expect", "[case.expect]\n\"dep:installed\" = true")]),
            "cases.toml:10:1: `dep:installed`: there is no ebuild `dep`",
        ),
        (
            case(&[("expect", "[case.expect]\noutcome = \"dies\"")]),
            "cases.toml:10:11: unknown outcome `dies`",
        ),
        (
            case(&[("expect", "[case.expect]\n\"file /x\" = { mode = \"0999\" }")]),
            "cases.toml:10:22: invalid mode `0999`",
        ),
        (
            case(&[("expect", "[case.expect]\n\"file /x\" = {}")]),
            "cases.toml:10:13: this expects nothing of the file",
        ),
        (
            case(&[("more", "root = { \"/a/../b\" = \"x\" }")]),
            "cases.toml:6:10: invalid path `/a/../b`",
        ),
        (
            case(&[(
                "more",
                "vectors = { columns = [\"a\"], rows = [[\"1\", \"2\"]] }",
            )]),
            "cases.toml:6:38: 1 columns, but 2 values",
        ),
        (
            format!("{}{}", case(&[]), case(&[])),
            "cases.toml:12:6: duplicate id `a`: the case at cases.toml:2 has it already",
        ),
        (
            format!("[build.b.ebuild]\nsrc_install = ':'\n{}", case(&[])),
            "no case uses the build `b`",
        ),
        (
            case(&[(
                "expect",
                "[case.expect]\noutcome = \"either\"\n\"src_install.k\" = { absent = true }",
            )]),
            "cases.toml:2:6: in EAPI 0 the case passes whatever happens",
        ),
        (
            case(&[(
                "expect",
                "[case.expect]\noutcome = { \"8\" = \"either\" }\n\"file /a\" = { \"8\" = \"absent\" }",
            )]),
            "in EAPI 8 the case passes whatever happens",
        ),
        ("[[case]".to_owned(), "cases.toml:1:"),
    ];
    for (cases, wanted) in table {
        let complaint = complaint(&cases);
        assert!(
            complaint.contains(wanted),
            "wanted {wanted}\ngot {complaint}\n{cases}"
        );
    }
}

#[test]
fn a_case_in_which_a_step_may_fail_needs_a_value_or_is_undefined() {
    let either = |more: &str, expect: &str| {
        let expect = format!("[case.expect]\noutcome = \"either\"\n{expect}");
        complaint(&case(&[("more", more), ("expect", &expect)]))
    };
    let absent = "\"src_install.k\" = { absent = true }";
    assert_eq!(either("", "\"src_install.k\" = \"x\""), "no complaint");
    assert_eq!(either("undefined = true", absent), "no complaint");
    let fails = case(&[(
        "expect",
        &format!("[case.expect]\noutcome = \"fails\"\n{absent}"),
    )]);
    assert_eq!(complaint(&fails), "no complaint");
}

#[test]
fn every_fault_of_every_file_is_reported_with_its_place_and_source() {
    let first = r#"[[case]]
id = "a"
titel = "t"
section = "s"
requirements = ["c.al"]
[case.ebuild]
src_instal = 'observe k x'
[case.expct]
"src_install.k" = "x"
"#;
    let second = case(&[
        ("id", "id = \"b\""),
        ("expect", "[case.expect]\noutcome = \"refussed\""),
    ]);
    let files = [("first.toml", first), ("second.toml", second.as_str())];
    let error = Suite::from_texts([("requirements.toml", REQUIREMENTS)], files).unwrap_err();
    let related = error.related().unwrap();
    let faults: Vec<String> = related
        .map(|fault| {
            let label = fault.labels().unwrap().next().unwrap();
            let source = fault.source_code().unwrap();
            let labelled = source.read_span(label.inner(), 0, 0).unwrap();
            format!("{fault} [{}]", String::from_utf8_lossy(labelled.data()))
        })
        .collect();
    assert_eq!(
        faults,
        [
            "first.toml:3:1: unknown key `titel`: did you mean `title`? [titel]",
            "first.toml:5:17: the catalogue has no requirement `c.al`: did you mean `c.all`? [\"c.al\"]",
            "first.toml:7:1: unknown key `src_instal`: did you mean `src_install`? [src_instal]",
            "first.toml:8:7: unknown key `expct`: did you mean `expect`? [expct]",
            "second.toml:10:11: unknown outcome `refussed`: use succeeds, fails, refused, either or `dies in PHASE` [\"refussed\"]",
        ]
    );
}

#[test]
fn every_syntax_error_of_a_file_is_reported() {
    let complaint = complaint("[[case]]\nid = \ntitle = \"t\"\nsection = s\n");
    let places: Vec<&str> = complaint
        .lines()
        .filter_map(|line| line.split_once(": ").map(|(place, _)| place))
        .collect();
    assert_eq!(places, ["cases.toml:2:6", "cases.toml:4:11"], "{complaint}");
}

#[test]
fn a_misspelt_key_of_a_build_is_the_only_fault() {
    for (wrong, wanted) in [
        (
            case(&[("ebuild", "[case.ebuil]\nsrc_install = ':'")]),
            "cases.toml:7:7: unknown key `ebuil`: did you mean `ebuild`?",
        ),
        (
            format!(
                "[build.b.ebuild]\nsrc_install = ':'\n{}",
                case(&[("ebuild", "biuld = \"b\"")])
            ),
            "cases.toml:9:1: unknown key `biuld`: did you mean `build`?",
        ),
        (
            format!("sectoin = \"s\"\n{}", case(&[("section", "")])),
            "cases.toml:1:1: unknown key `sectoin`: did you mean `section`?",
        ),
    ] {
        assert_eq!(complaint(&wrong), wanted);
    }
}

#[test]
fn a_fault_that_a_case_and_its_twin_share_is_reported_once() {
    let twin = "[case.expect]\n\"src_install.k\" = 5\n[case.twin]\nsteps = [\"instal\"]";
    let complaint = complaint(&case(&[("expect", twin)]));
    assert_eq!(
        complaint,
        "cases.toml:10:19: expected a string, an array or a table, found an integer\n\
         cases.toml:12:10: unknown operation `instal`: did you mean `install`?"
    );
}

#[test]
fn a_twin_lays_itself_over_its_case() {
    let text = case(&[
        ("requirements", "requirements = [\"c.new\"]"),
        (
            "expect",
            "[case.expect]\n\"src_install.k\" = \"x\"\n[case.twin]\neapis = \"0-7\"\nexpect = { outcome = \"refused\" }",
        ),
    ]);
    let suite = load(&text).unwrap();
    let [plain, twin] = &suite.cases[..] else {
        panic!()
    };
    assert_eq!((plain.id.as_str(), twin.id.as_str()), ("a", "a-twin"));
    assert_eq!(
        (plain.eapis.to_string(), twin.eapis.to_string()),
        ("8-9".into(), "0-7".into())
    );
    assert_eq!(twin.expect.len(), 1);
    assert_eq!(
        twin.build.ebuilds["main"].phases,
        plain.build.ebuilds["main"].phases
    );
}

#[test]
fn a_case_says_why_no_sabotage_can_show_that_it_fails_and_its_twin_for_itself() {
    let text = case(&[
        ("more", "unsabotaged = \"why\""),
        (
            "expect",
            "[case.expect]\n\"src_install.k\" = \"x\"\n[case.twin]\nexpect = { outcome = \"refused\" }",
        ),
    ]);
    let suite = load(&text).unwrap();
    let reasons: Vec<Option<&str>> = (suite.cases.iter())
        .map(|case| case.unsabotaged.as_deref())
        .collect();
    assert_eq!(reasons, [Some("why"), None]);
}

#[test]
fn rows_share_a_build_where_a_block_is_repeated_and_have_their_own_elsewhere() {
    let rows = "vectors = { columns = [\"v\"], rows = [[\"1\"], [\"2\"]] }";
    let expect = "[case.expect]\n\"src_install.@row@\" = \"@v@\"";
    for (body, builds) in [
        ("@each@\nobserve @row@ @v@\n@end@\n", 1),
        ("observe @row@ @v@\n", 2),
    ] {
        let ebuild = format!("[case.ebuild]\nsrc_install = '''\n{body}'''");
        let text = case(&[
            ("more", rows),
            ("ebuild", &ebuild),
            ("expect", expect),
            ("requirements", "requirements = [\"c.all\"]\neapis = \"8\""),
        ]);
        let suite = load(&text).unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)));
        let chosen = select(&suite, &Selection::default()).unwrap();
        let expanded = expand(&suite, &chosen, Variant::Plain).unwrap();
        assert_eq!(
            (expanded.builds.len(), expanded.instances.len()),
            (builds, 2),
            "{body}"
        );
        let text = &expanded.builds[0].build.ebuilds["main"].phases["src_install"];
        assert_eq!(text.contains("observe 2 2"), builds == 1, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(text in "\\PC{0,200}") {
        let _ = load(&text);
    }

    #[test]
    fn no_value_in_a_case_makes_the_loader_panic(
        key in "(ebuild|steps|expect|vectors|eapis|twin|sabotage|unsabotaged|config|distfiles|root)",
        value in "(\"\\PC{0,20}\"|[0-9]{1,20}|\\[\\]|\\{\\}|\\[\\[\\]\\]|true|1\\.5)",
    ) {
        let _ = load(&format!("[[case]]\nid = \"a\"\ntitle = \"t\"\nsection = \"s\"\nrequirements = [\"c.all\"]\n{key} = {value}\n"));
    }

    #[test]
    fn a_random_choice_is_the_same_for_the_same_seed(seed: u64) {
        let suite = load(&case(&[])).unwrap();
        let selection = Selection { eapis: "random".parse().unwrap(), seed, ..Selection::default() };
        let (one, two) = (select(&suite, &selection).unwrap(), select(&suite, &selection).unwrap());
        prop_assert_eq!(&one, &two);
        prop_assert_eq!(one[0].1.iter().count(), 1);
    }
}

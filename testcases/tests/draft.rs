//! Drafts: requirements of the next EAPI, and the cases for them.

use pmsts_testcases::{
    Coverage, EapiChoice, Observed, Selection, Suite, SuiteError, Variant, Verdict, coverage,
    expand, judge, select, why_nothing,
};

const REQUIREMENTS: &str = r#"
[[requirement]]
id = "x.old"
section = "s"
lines = "1"
level = "must"
subject = "package-manager"
eapis = "0-9"
statement = "It works."
observable = "phase"
check = "See."
testable = "yes"

[[requirement]]
id = "x.new"
section = "s"
lines = "1"
level = "must"
subject = "package-manager"
eapis = "10"
draft = true
statement = "It works better."
observable = "phase"
check = "See."
testable = "yes"
"#;

const CASES: &str = r#"
section = "s"

[[case]]
id = "both"
title = "It works, and better in the next EAPI"
requirements = ["x.old", "x.new"]
[case.ebuild]
src_install = 'observe k "$(works)"'
[case.expect]
"src_install.k" = { "0-9" = "well", "10" = "better" }

[[case]]
id = "next"
title = "It works better in the next EAPI"
requirements = ["x.new"]
[case.ebuild]
src_install = 'observe k "$(works)"'
[case.expect]
"src_install.k" = "better"
"#;

fn suite() -> Suite {
    Suite::from_texts([("r", REQUIREMENTS)], [("c", CASES)]).unwrap()
}

fn chosen(selection: &Selection) -> Vec<(usize, String)> {
    let chosen = select(&suite(), selection).unwrap();
    chosen
        .iter()
        .map(|(case, eapis)| (*case, eapis.to_string()))
        .collect()
}

#[test]
fn a_draft_is_chosen_only_when_asked_for() {
    let of = |eapis, draft| Selection {
        eapis,
        draft,
        ..Selection::default()
    };
    let two = |a: &str, b: &str| vec![(0, a.to_owned()), (1, b.to_owned())];
    assert_eq!(
        chosen(&of(EapiChoice::Latest, false)),
        [(0, "9".to_owned())]
    );
    assert_eq!(chosen(&of(EapiChoice::All, false)), [(0, "0-9".to_owned())]);
    assert_eq!(chosen(&of(EapiChoice::Latest, true)), two("10", "10"));
    assert_eq!(chosen(&of(EapiChoice::Boundary, true)), two("0,9-10", "10"));
    let only = EapiChoice::Only("10".parse().unwrap());
    assert_eq!(chosen(&of(only, false)), []);
    let why = why_nothing(&suite(), &of(only, false)).unwrap();
    assert!(why.contains("--draft"), "{why}");
}

#[test]
fn a_draft_is_recorded_and_counts_for_nothing() {
    let suite = suite();
    let draft = Selection {
        draft: true,
        ..Selection::default()
    };
    let expanded = expand(&suite, &select(&suite, &draft).unwrap(), Variant::Plain).unwrap();
    for instance in &expanded.instances {
        let build = &expanded.builds[instance.build].build;
        let judgement = judge(instance, build, &Observed::default());
        let is_draft = instance.eapi.number() == 10;
        let expected = if is_draft {
            Verdict::Recorded
        } else {
            Verdict::NotObserved
        };
        assert_eq!(judgement.verdict, expected, "{}", instance.id);
        if is_draft {
            let reason = judgement.reason.unwrap();
            assert_eq!(reason, "EAPI 10 is a draft; otherwise not observed");
        }
    }
    let Coverage { total, covered, .. } = coverage(&suite, |_| true);
    assert_eq!((total, covered), (1, 1));
}

#[test]
fn only_a_requirement_of_the_next_eapi_alone_is_a_draft() {
    for (from, to) in [
        ("draft = true\n", ""),
        ("eapis = \"10\"", "eapis = \"9-10\""),
        ("eapis = \"10\"", "eapis = \"9\""),
    ] {
        let wrong = REQUIREMENTS.replace(from, to);
        match Suite::from_texts([("r", wrong.as_str())], []) {
            Err(SuiteError::Faults(faults)) => {
                assert!(
                    faults[0].to_string().contains("`draft = true`"),
                    "{}",
                    faults[0]
                );
            }
            other => panic!("{from} {to}: {other:?}"),
        }
    }
}

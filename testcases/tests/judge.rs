//! The judge: every operator met, different and missing; what goes without saying; limits.

use std::collections::BTreeMap;

use pmsts_testcases::{
    Fact, FileKind, FileSeen, Judgement, Observed, Outcome, Said, Selection, StepEnd, StepObserved,
    Suite, Value, Variant, Verdict, expand, judge, select,
};

/// A case with the given keys and expectations, judged.
fn judged(keys: &str, expect: &str, observed: &Observed) -> Judgement {
    let case = format!(
        "[[case]]\nid = \"a\"\ntitle = \"t\"\nsection = \"s\"\nrequirements = [\"ebuild-functions.default-exists-for-every-phase\"]\neapis = \"8\"\n{keys}\n\
         [case.ebuild]\nsrc_install = 'observe k x'\n[case.expect]\n{expect}\n"
    );
    let suite =
        Suite::with_text("c", &case).unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)));
    let chosen = select(&suite, &Selection::default()).unwrap();
    let expanded = expand(&suite, &chosen, Variant::Plain).unwrap();
    judge(&expanded.instances[0], &expanded.builds[0].build, observed)
}

fn fact(said: Said) -> Fact {
    Fact {
        ebuild: "main".to_owned(),
        phase: "src_install".to_owned(),
        said,
    }
}

fn sent(values: &[&str]) -> Vec<Fact> {
    let values = values
        .iter()
        .map(|v| fact(Said::Value("k".to_owned(), Value::from(*v))));
    [fact(Said::Begin)]
        .into_iter()
        .chain(values)
        .chain([fact(Said::End)])
        .collect()
}

/// An installation that went well and sent the values.
fn installed(values: &[&str]) -> Observed {
    one("install", step(StepEnd::Succeeded, sent(values), true))
}

fn step(end: StepEnd, facts: Vec<Fact>, is_installed: bool) -> StepObserved {
    let vdb = is_installed.then(|| ("main".to_owned(), BTreeMap::new()));
    StepObserved {
        end,
        facts,
        vdb: vdb.into_iter().collect(),
        ..StepObserved::default()
    }
}

fn one(name: &str, step: StepObserved) -> Observed {
    Observed {
        steps: [(name.to_owned(), step)].into_iter().collect(),
    }
}

#[test]
fn a_server_that_nobody_asked_has_been_watched() {
    let keys = "served = { \"/a\" = { content = \"a\" }, \"/b\" = { status = 404 } }";
    let asked = |requests: &[&str]| {
        let mut observed = installed(&[]);
        let step = observed.steps.get_mut("install").unwrap();
        step.requests = requests.iter().map(|r| (*r).to_owned()).collect();
        observed
    };
    for (check, good, bad) in [
        ("[]", &[][..], &["/a"][..]),
        (r#""/a""#, &["/a"], &["/a", "/a"]),
        (r#"["/a", "/b"]"#, &["/a", "/b"], &["/b", "/a"]),
        (r#"{ set = "/b /a" }"#, &["/a", "/b"], &["/a"]),
        (r#"{ ordered = "/a /b" }"#, &["/a", "/c", "/b"], &["/b"]),
        (r#"{ contains = "/a" }"#, &["/b", "/a"], &[]),
        (r#"{ lacks = "/a" }"#, &[], &["/a"]),
        (r"{ matches-not = '/gone/' }", &[], &["/b", "/gone/a"]),
        ("{ absent = true }", &[], &["/a"]),
    ] {
        let verdict =
            |requests| judged(keys, &format!("requests = {check}"), &asked(requests)).verdict;
        assert_eq!(verdict(good), Verdict::Passed, "{check}");
        assert_eq!(verdict(bad), Verdict::Failed, "{check}");
    }
}

#[test]
fn operators_hold_or_do_not() {
    for (check, good, bad) in [
        (r#""x""#, "x", "y"),
        (r#"["x"]"#, "x", "y"),
        (r#"{ equals = "x" }"#, "x", "x "),
        (r#"{ one-of = ["x", "z"] }"#, "z", "y"),
        (r#"{ not = "x" }"#, "y", "x"),
        (r"{ matches = '^x+$' }", "xx", "xy"),
        (r"{ matches-not = 'y' }", "x", "xyx"),
        (r#"{ set = "b a" }"#, "a  b", "a b c"),
        (r#"{ contains = "b" }"#, "a b", "a bb"),
        (r#"{ lacks = ["b"] }"#, "a bb", "a b"),
        (r#"{ ordered = "a c" }"#, "a b c", "c b a"),
    ] {
        let expect = format!("\"src_install.k\" = {check}");
        assert_eq!(
            judged("", &expect, &installed(&[good])).verdict,
            Verdict::Passed,
            "{check}"
        );
        assert_eq!(
            judged("", &expect, &installed(&[bad])).verdict,
            Verdict::Failed,
            "{check}"
        );
        let silent = judged("", &expect, &installed(&[])).verdict;
        let wanted = if check.starts_with('[') {
            Verdict::Failed
        } else {
            Verdict::NotObserved
        };
        assert_eq!(silent, wanted, "{check}");
    }
}

#[test]
fn a_value_sent_twice_is_not_the_value() {
    let judgement = judged("", r#""src_install.k" = "x""#, &installed(&["x", "x"]));
    assert_eq!(judgement.verdict, Verdict::Failed);
    let judgement = judged(
        "",
        r#""src_install.k" = ["x", "x"]"#,
        &installed(&["x", "x"]),
    );
    assert_eq!(judgement.verdict, Verdict::Passed);
}

#[test]
fn absence_says_something_only_of_a_step_that_was_carried_out() {
    let absent = r#""src_install.k" = { absent = true }"#;
    assert_eq!(judged("", absent, &installed(&[])).verdict, Verdict::Passed);
    assert_eq!(
        judged("", absent, &installed(&["x"])).verdict,
        Verdict::Failed
    );
    assert_eq!(
        judged("", absent, &Observed::default()).verdict,
        Verdict::NotObserved
    );
}

#[test]
fn a_package_manager_that_did_nothing_never_passes() {
    let expect = r#""src_install.k" = { recorded = true }"#;
    let nothing = one("install", step(StepEnd::Succeeded, vec![], false));
    assert_eq!(judged("", expect, &nothing).verdict, Verdict::Failed);
    assert_eq!(
        judged("", expect, &installed(&["x"])).verdict,
        Verdict::Recorded
    );
}

#[test]
fn endings_are_judged() {
    let failed = |facts, there| {
        one(
            "install",
            step(StepEnd::Failed("exit status 1".to_owned()), facts, there),
        )
    };
    let died = || failed(vec![fact(Said::Begin)], false);
    let ended = || failed(sent(&[]), false);
    let silent = || failed(vec![], false);
    for (outcome, observed, verdict) in [
        ("dies in src_install", died(), Verdict::Passed),
        ("dies in src_install", ended(), Verdict::Failed),
        ("dies in src_install", silent(), Verdict::Failed),
        ("dies in src_install", installed(&[]), Verdict::Failed),
        (
            "dies in src_install",
            failed(vec![fact(Said::Begin)], true),
            Verdict::Failed,
        ),
        ("refused", silent(), Verdict::Passed),
        ("refused", died(), Verdict::Failed),
        ("fails", died(), Verdict::Passed),
        ("fails", installed(&[]), Verdict::Failed),
        ("succeeds", installed(&[]), Verdict::Passed),
        ("succeeds", silent(), Verdict::Failed),
    ] {
        let expect = format!("outcome = \"{outcome}\"");
        assert_eq!(
            judged("", &expect, &observed).verdict,
            verdict,
            "{outcome} {observed:?}"
        );
    }
}

#[test]
fn a_crash_is_no_refusal() {
    for outcome in ["refused", "fails"] {
        let mut step = step(StepEnd::Failed("exit status 1".into()), Vec::new(), false);
        step.crash = Some("KeyError: 'x'".to_owned());
        let expect = format!("outcome = \"{outcome}\"");
        let judgement = judged("", &expect, &one("install", step));
        assert_eq!(judgement.verdict, Verdict::Failed, "{outcome}");
        let actual = judgement.compared[0].actual.as_ref().unwrap();
        assert_eq!(actual.printable(), "crashed: KeyError: 'x'");
    }
}

#[test]
fn a_package_is_made_and_not_installed_and_a_binary_one_is() {
    let seen = |there| step(StepEnd::Succeeded, sent(&["x"]), there);
    let expect = |name: &str| format!("\"{name}/src_install.k\" = \"x\"");
    for (operation, there, verdict) in [
        ("package", false, Verdict::Passed),
        ("package", true, Verdict::Failed),
        ("install-binary", true, Verdict::Passed),
        ("install-binary", false, Verdict::Failed),
        ("install-and-package", true, Verdict::Passed),
    ] {
        let keys = format!("steps = [\"{operation}\"]");
        let judgement = judged(&keys, &expect(operation), &one(operation, seen(there)));
        assert_eq!(judgement.verdict, verdict, "{operation} {there}");
    }
    let mut both = one("install", seen(true));
    both.steps.insert("package".to_owned(), seen(true));
    let keys = "steps = [\"install\", \"package\"]";
    let judgement = judged(keys, &expect("package"), &both);
    assert_eq!(judgement.verdict, Verdict::Passed, "it was there before");
}

#[test]
fn of_an_output_the_end_is_shown() {
    let expect = "output = { matches = 'told' }";
    let printed = |text: &str| {
        let mut seen = installed(&[]);
        seen.steps["install"].output = Some(Value::from(text));
        judged("", expect, &seen)
    };
    assert_eq!(printed("it is told").verdict, Verdict::Passed);
    let judgement = printed(&"long ".repeat(1000));
    assert_eq!(judgement.verdict, Verdict::Failed);
    let shown = judgement.compared.iter().find(|f| f.address == "output");
    let shown = shown.and_then(|f| f.actual.as_ref()).unwrap();
    assert!(shown.0.len() <= 1000);
}

#[test]
fn limits_and_faults_of_ours_are_told_apart() {
    let ends = [
        (StepEnd::TimedOut("60 s".to_owned()), Verdict::TimedOut),
        (StepEnd::Limit("full".to_owned()), Verdict::Failed),
        (StepEnd::Broken("mount".to_owned()), Verdict::Error),
    ];
    for (end, verdict) in ends {
        let judgement = judged(
            "",
            r#"outcome = "fails""#,
            &one("install", step(end, vec![], false)),
        );
        assert_eq!(judgement.verdict, verdict);
        assert!(
            judgement
                .reason
                .is_some_and(|reason| reason.starts_with("install: "))
        );
    }
}

#[test]
fn a_case_is_judged_only_by_the_steps_it_speaks_of() {
    let keys = r#"steps = ["install", "uninstall"]"#;
    let mut observed = installed(&["x"]);
    observed.steps.insert(
        "uninstall".to_owned(),
        step(StepEnd::Failed("x".to_owned()), vec![], true),
    );
    let of_install = judged(keys, r#""src_install.k" = "x""#, &observed);
    assert_eq!(of_install.verdict, Verdict::Passed);
    let of_uninstall = judged(keys, r#""uninstall/installed" = false"#, &observed);
    assert_eq!(of_uninstall.verdict, Verdict::Failed);
}

#[test]
fn a_step_that_was_not_reached_is_said_so() {
    let keys = r#"steps = ["install", "uninstall"]"#;
    let judgement = judged(
        keys,
        r#""uninstall/phases" = ["pkg_prerm"]"#,
        &installed(&["x"]),
    );
    assert_eq!(judgement.verdict, Verdict::NotObserved);
    let missing: Vec<_> = judgement
        .compared
        .iter()
        .filter(|f| f.outcome == Outcome::Missing)
        .collect();
    assert!(
        missing
            .iter()
            .any(|f| f.note.as_deref() == Some("step uninstall was not reached"))
    );
}

#[test]
fn observations_are_compared_across_steps() {
    let keys = r#"steps = ["install", "again: reinstall"]"#;
    let same = r#""again/src_install.k" = { same-as = "src_install.k" }"#;
    for (second, verdict) in [("x", Verdict::Passed), ("y", Verdict::Failed)] {
        let mut observed = installed(&["x"]);
        observed.steps.insert(
            "again".to_owned(),
            step(StepEnd::Succeeded, sent(&[second]), true),
        );
        assert_eq!(judged(keys, same, &observed).verdict, verdict);
    }
}

#[test]
fn files_are_judged_by_what_is_asked_of_them() {
    let there = FileSeen {
        kind: FileKind::File,
        mode: 0o4711,
        uid: 0,
        gid: 12,
        mtime: (5, 7),
        target: None,
        content: Some(Value::from("text\n")),
        inode: (1, 2),
    };
    let link = FileSeen {
        kind: FileKind::Symlink,
        target: Some("/x".into()),
        content: None,
        ..there.clone()
    };
    let with = |file: FileSeen| {
        let mut observed = installed(&[]);
        observed.steps["install"].files = BTreeMap::from([("/f".to_owned(), file)]);
        observed
    };
    for (check, file, verdict) in [
        (r#""present""#, there.clone(), Verdict::Passed),
        (r#""absent""#, there.clone(), Verdict::Failed),
        (r#""absent""#, FileSeen::absent(), Verdict::Passed),
        (
            r#"{ mode = "4711", owner = "0:12" }"#,
            there.clone(),
            Verdict::Passed,
        ),
        (r#"{ mode = "0711" }"#, there.clone(), Verdict::Failed),
        (r#"{ mode = "4711" }"#, FileSeen::absent(), Verdict::Failed),
        (
            r"{ mtime = 5, mtime-nanoseconds = 7 }",
            there.clone(),
            Verdict::Passed,
        ),
        (r"{ mtime = 6 }", there.clone(), Verdict::Failed),
        (r#"{ content = "text\n" }"#, there.clone(), Verdict::Passed),
        (
            r#"{ content = { matches = "^t" } }"#,
            there.clone(),
            Verdict::Passed,
        ),
        (r#"{ content = "other" }"#, there, Verdict::Failed),
        (
            r#"{ type = "symlink", target = "/x" }"#,
            link.clone(),
            Verdict::Passed,
        ),
        (r#"{ target = "/y" }"#, link, Verdict::Failed),
    ] {
        let judgement = judged("", &format!("\"file /f\" = {check}"), &with(file));
        assert_eq!(judgement.verdict, verdict, "{check}");
    }
    let not_looked_at = judged("", r#""file /f" = "absent""#, &installed(&[]));
    assert_eq!(not_looked_at.verdict, Verdict::NotObserved);
}

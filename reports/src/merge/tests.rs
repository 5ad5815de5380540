use pmsts_testcases::Verdict;

use super::*;
use crate::record::Shards;
use crate::sample::{instance, results};

fn named(name: &str, target: &str, case: &str) -> Named {
    let mut results = results();
    results.targets[0].name = target.to_owned();
    results.targets[0].instances = vec![instance(case, Verdict::Passed, b"a")];
    Named {
        name: name.to_owned(),
        results,
    }
}

#[test]
fn targets_of_all_records_are_kept() {
    let merged = merge([named("a", "portage@1", "x"), named("b", "portage@2", "x")]).unwrap();
    let names: Vec<&str> = merged.targets.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["portage@1", "portage@2"]);
}

#[test]
fn disjoint_shards_become_one_target() {
    let mut second = named("b", "portage@1", "y");
    second.results.host.kernel = "6.12".to_owned();
    let merged = merge([named("a", "portage@1", "x"), second]).unwrap();
    let [target] = merged.targets.as_slice() else {
        panic!("one target, not {}", merged.targets.len())
    };
    assert_eq!(
        (target.instances[0].build, target.instances[1].build),
        (Some(0), Some(1))
    );
    assert_eq!((target.builds[0].batch, target.builds[1].batch), (0, 1));
    assert!(
        target.notes.iter().any(|n| n.contains("Linux 6.12")),
        "{:?}",
        target.notes
    );
}

#[test]
fn two_verdicts_on_an_instance_name_both_records() {
    let error = merge([
        named("one.json", "portage@1", "x"),
        named("two.json", "pkgcore@1", "x"),
        named("three.json", "portage@1", "x"),
    ]);
    let message = error.unwrap_err().to_string();
    for word in ["one.json", "three.json", "x@8", "portage@1"] {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn records_that_do_not_fit_are_refused() {
    let mut other_bash = named("b", "portage@1", "y");
    other_bash.results.targets[0].bash = "5.3".to_owned();
    let error = merge([named("a", "portage@1", "x"), other_bash]).unwrap_err();
    assert!(
        matches!(&error, MergeError::Target { difference, .. } if difference.contains("5.3")),
        "{error}"
    );

    let mut other_suite = named("b", "portage@2", "y");
    other_suite.results.suite.pms_revision = "other".to_owned();
    let error = merge([named("a", "portage@1", "x"), other_suite]).unwrap_err();
    assert!(matches!(error, MergeError::Suite { .. }), "{error}");

    assert_eq!(merge([]).unwrap_err(), MergeError::Nothing);
}

#[test]
fn a_missing_shard_is_named_and_all_shards_are_a_whole_run() {
    let shard = |part: u64, case: &str, place: usize| {
        let mut named = named(&format!("{part}.json"), "portage@1", case);
        named.results.targets[0].shards = Some(Shards {
            of: 3,
            parts: [part].into(),
            places: [(case.to_owned(), place)].into(),
        });
        named
    };
    let (a, b, c) = (shard(1, "x", 2), shard(2, "y", 0), shard(3, "z", 1));
    let part = merge([a.clone(), c.clone()]).unwrap();
    assert_eq!(part.missing(), ["portage@1: shard 2 of 3 is missing"]);
    let whole = merge([a.clone(), c, b]).unwrap();
    assert_eq!(
        (whole.missing(), &whole.targets[0].shards),
        (Vec::new(), &None)
    );
    let cases: Vec<&str> = whole.targets[0]
        .instances
        .iter()
        .map(|i| i.case.as_str())
        .collect();
    assert_eq!(cases, ["y", "z", "x"], "in the order of one run");

    let error = merge([a, named("b", "portage@1", "y")]).unwrap_err();
    assert!(matches!(error, MergeError::Shards { .. }), "{error}");
}

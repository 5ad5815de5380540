use pmsts_testcases::Verdict;

use super::*;
use crate::record::Instance;
use crate::sample::{instance, results};

fn of(verdict: Verdict, actual: &[u8]) -> Instance {
    instance("a", verdict, actual)
}

#[test]
fn a_change_follows_from_both_verdicts() {
    let table = [
        (Verdict::Passed, Verdict::Failed, Some(Change::NewlyFailing)),
        (
            Verdict::Passed,
            Verdict::NotObserved,
            Some(Change::NewlyFailing),
        ),
        (
            Verdict::Unsupported,
            Verdict::Failed,
            Some(Change::NewlyFailing),
        ),
        (Verdict::Failed, Verdict::Passed, Some(Change::NewlyPassing)),
        (
            Verdict::Unsupported,
            Verdict::Passed,
            Some(Change::NewlyPassing),
        ),
        (Verdict::Failed, Verdict::TimedOut, Some(Change::Changed)),
        (Verdict::Passed, Verdict::Skipped, Some(Change::Changed)),
        (Verdict::Failed, Verdict::Error, Some(Change::Changed)),
        (Verdict::Failed, Verdict::Failed, None),
        (Verdict::Passed, Verdict::Passed, None),
    ];
    for (old, new, wanted) in table {
        assert_eq!(
            change(Some(&of(old, b"x")), Some(&of(new, b"x"))),
            wanted,
            "{old:?} {new:?}"
        );
    }
}

#[test]
fn only_unexpected_values_are_compared() {
    let pair = |verdict| change(Some(&of(verdict, b"x")), Some(&of(verdict, b"y")));
    assert_eq!(pair(Verdict::Failed), Some(Change::Changed));
    assert_eq!(pair(Verdict::Passed), None);
}

#[test]
fn two_releases_are_compared() {
    let old = results();
    let mut new = results();
    let target = &mut new.targets[0];
    target.name = "portage@3.0.84".to_owned();
    target.instances[0].verdict = Verdict::Failed;
    target.instances.remove(2);
    target
        .instances
        .push(instance("other", Verdict::Failed, b"x"));
    let comparison = Comparison::new(&old, &new);
    let [compared] = comparison.package_managers.as_slice() else {
        panic!("{comparison:?}")
    };
    let ids = |change| -> Vec<&str> {
        compared
            .list(change)
            .iter()
            .map(|e| e.id.as_str())
            .collect()
    };
    assert_eq!(ids(Change::NewlyFailing), ["good@8"]);
    assert_eq!(ids(Change::New), ["other@8"]);
    assert_eq!(ids(Change::Gone), ["lacking@8"]);
    assert_eq!((compared.same, comparison.is_worse()), (1, true));
    assert_eq!(
        compared.newly_failing[0].again,
        "pmsts run --pm portage@3.0.83 --eapi 8 'good'"
    );
}

#[test]
fn targets_that_fit_none_or_several_are_listed() {
    let mut old = results();
    let mut new = results();
    let target = old.targets[0].clone();
    let named = |name: &str| TargetRecord {
        name: name.to_owned(),
        ..target.clone()
    };
    old.targets.push(named("portage@1"));
    new.targets.extend([named("portage@2"), named("portage@3")]);
    let comparison = Comparison::new(&old, &new);
    assert_eq!(comparison.package_managers.len(), 1);
    assert_eq!(comparison.only_old, ["portage@1"]);
    assert_eq!(comparison.only_new, ["portage@2", "portage@3"]);
    assert!(!comparison.is_worse());
}

#[test]
fn the_json_of_a_comparison_is_this() {
    let mut new = results();
    new.targets[0].instances[0].verdict = Verdict::Failed;
    new.targets[0].bash = "5.3.3".to_owned();
    insta::assert_json_snapshot!(Comparison::new(&results(), &new));
}

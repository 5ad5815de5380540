//! Binary search for the neighbours in a list between which an answer changes. Pure.

use std::collections::{BTreeMap, BTreeSet};

use pmsts_testcases::Verdict;

/// The places of a list between which the answer changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The last place found with the answer of the first one.
    pub before: usize,
    /// The first place found with another answer.
    pub after: usize,
    /// Places between them that gave no answer.
    pub silent: Vec<usize>,
}

/// Finds the change in a list of `count` places, the first and last of which have different answers. `is_as_first`
/// returns whether a place has the answer of the first one, and `None` for a place that gives no answer; then its
/// neighbours are asked.
pub fn bisect<E>(
    count: usize,
    mut is_as_first: impl FnMut(usize) -> Result<Option<bool>, E>,
) -> Result<Change, E> {
    let (mut before, mut after) = (0, count.saturating_sub(1));
    let mut silent = BTreeSet::new();
    loop {
        let middle = usize::midpoint(before, after);
        let open = (before + 1..after).filter(|place| !silent.contains(place));
        let Some(place) = open.min_by_key(|place| place.abs_diff(middle)) else {
            break;
        };
        match is_as_first(place)? {
            Some(true) => before = place,
            Some(false) => after = place,
            None => {
                silent.insert(place);
            }
        }
    }
    let silent = silent.into_iter().filter(|p| (before..after).contains(p));
    Ok(Change {
        before,
        after,
        silent: silent.collect(),
    })
}

/// Verdicts by instance.
pub(crate) type Verdicts = BTreeMap<String, Verdict>;

/// The instances whose verdict differs between the two ends. In an EAPI that one end does not support the verdict
/// differs too, but not because of what the case tests: such instances count only if no other verdict differs.
pub(crate) fn turning(first: &Verdicts, last: &Verdicts) -> Vec<String> {
    let differing: Vec<_> = first
        .iter()
        .filter(|(id, v)| last.get(*id) != Some(*v))
        .collect();
    let runs = |(id, verdict): &&(&String, &Verdict)| {
        let there = last.get(*id).is_some_and(|v| *v != Verdict::Unsupported);
        there && **verdict != Verdict::Unsupported
    };
    let mut chosen: Vec<_> = differing.iter().filter(|it| runs(it)).collect();
    if chosen.is_empty() {
        chosen = differing.iter().collect();
    }
    chosen.into_iter().map(|(id, _)| (*id).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds the change in a list that changes at `at`; also returns how many questions that took.
    fn found(count: usize, at: usize, silent: &[usize]) -> (Change, usize) {
        let mut asked = 0;
        let change = bisect(count, |place| {
            asked += 1;
            Ok::<_, ()>((!silent.contains(&place)).then_some(place < at))
        });
        (change.unwrap(), asked)
    }

    #[test]
    fn every_change_is_found_in_few_questions() {
        for at in 1..1000 {
            let (change, asked) = found(1000, at, &[]);
            assert_eq!((change.before, change.after), (at - 1, at));
            assert!(asked <= 10, "{asked}");
        }
    }

    #[test]
    fn neighbours_need_no_question() {
        assert_eq!(found(2, 1, &[]).1, 0);
    }

    #[test]
    fn places_without_an_answer_are_passed_by_and_named() {
        let (change, _) = found(10, 5, &[4, 5]);
        assert_eq!((change.before, change.after), (3, 6));
        assert_eq!(change.silent, [4, 5]);
        let (change, _) = found(10, 2, &[4, 5]);
        assert_eq!((change.before, change.after, change.silent), (1, 2, vec![]));
    }

    fn turning_of(list: &[(&str, Verdict, Verdict)]) -> Vec<String> {
        let side = |of: fn(&(&str, Verdict, Verdict)) -> Verdict| {
            let pairs = list.iter().map(|it| (it.0.to_owned(), of(it)));
            pairs.collect::<Verdicts>()
        };
        turning(&side(|it| it.1), &side(|it| it.2))
    }

    #[test]
    fn what_differs_is_looked_at_and_an_unclaimed_eapi_only_for_want_of_else() {
        use Verdict::{Failed, Passed, Unsupported};
        let same = ("case@0", Passed, Passed);
        let changed = ("case@8", Passed, Failed);
        let unclaimed = ("case@9", Unsupported, Passed);
        assert!(turning_of(&[same]).is_empty());
        assert_eq!(turning_of(&[same, changed, unclaimed]), ["case@8"]);
        assert_eq!(turning_of(&[same, unclaimed]), ["case@9"]);
    }
}

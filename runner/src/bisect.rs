//! The neighbours between which an answer changes, in a logarithmic number of questions (pure).

use std::collections::BTreeSet;

/// Between which places of a list the answer changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The last place that is as the first one.
    pub before: usize,
    /// The first place found that is not.
    pub after: usize,
    /// Places between them that gave no answer.
    pub silent: Vec<usize>,
}

/// Looks for the change in a list of `count` places, the first of which is as the first one, and the last
/// is not. `is_as_first` gives none for a place that cannot be asked; its neighbours are asked then.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The change in a list that changes at `at`, and how many questions it took.
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
}

//! Searches a list of releases for those in which findings began, all findings at once: one question is one release with
//! every finding for which it can decide something. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// The search. Every finding is taken to happen in the last release.
#[derive(Debug)]
pub struct Dating {
    open: BTreeMap<String, Range>,
    asked_first: bool,
}

/// Where the beginning of one finding lies.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    /// The last release found without it; none yet, if there is none.
    without: Option<usize>,
    /// The first release found with it.
    with: usize,
    /// Releases that gave no answer.
    silent: BTreeSet<usize>,
}

/// When a finding began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Began {
    /// In the oldest release of the list, or before it.
    BeforeAll,
    /// In this release.
    In(usize),
    /// After the first of these releases, in the second at the latest; those between give no answer.
    Between(Option<usize>, usize),
}

impl Range {
    /// The releases that can still decide.
    fn undecided(&self) -> impl Iterator<Item = usize> + '_ {
        let first = self.without.map_or(0, |without| without + 1);
        (first..self.with).filter(|place| !self.silent.contains(place))
    }

    /// The release in the middle of those that can still decide.
    fn middle(&self) -> Option<usize> {
        let open: Vec<usize> = self.undecided().collect();
        open.get(open.len() / 2).copied()
    }
}

impl Dating {
    /// A search for these findings in a list of so many releases.
    pub fn new(findings: impl IntoIterator<Item = String>, releases: usize) -> Self {
        let range = Range {
            without: None,
            with: releases.saturating_sub(1),
            silent: BTreeSet::new(),
        };
        let findings = findings.into_iter().map(|id| (id, range.clone()));
        Self {
            open: findings.collect(),
            asked_first: false,
        }
    }

    /// The next release to ask, and the findings for which it can decide something. The oldest comes first, as most
    /// findings are older than any list.
    pub fn next(&self) -> Option<(usize, Vec<&str>)> {
        let place = if self.asked_first {
            let mut votes: BTreeMap<usize, usize> = BTreeMap::new();
            for middle in self.open.values().filter_map(Range::middle) {
                *votes.entry(middle).or_default() += 1;
            }
            votes.into_iter().max_by_key(|(_, count)| *count)?.0
        } else {
            0
        };
        let asks = self
            .open
            .iter()
            .filter(|(_, range)| range.undecided().any(|p| p == place));
        let asks: Vec<&str> = asks.map(|(id, _)| id.as_str()).collect();
        (!asks.is_empty()).then_some((place, asks))
    }

    /// Takes the answers of a release: whether it has a finding, or `None` where it cannot tell.
    pub fn answer(&mut self, place: usize, has: impl Fn(&str) -> Option<bool>) {
        self.asked_first = true;
        for (id, range) in &mut self.open {
            if !range.undecided().any(|p| p == place) {
                continue;
            }
            match has(id) {
                Some(true) => range.with = place,
                Some(false) => range.without = Some(place),
                None => {
                    range.silent.insert(place);
                }
            }
        }
    }

    /// When each finding began.
    pub fn began(&self) -> impl Iterator<Item = (&str, Began)> {
        self.open.iter().map(|(id, range)| {
            let next = range.without.map_or(0, |without| without + 1);
            let began = match (range.with == next, range.without) {
                (true, None) => Began::BeforeAll,
                (true, Some(_)) => Began::In(range.with),
                (false, without) => Began::Between(without, range.with),
            };
            (id.as_str(), began)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dates findings that began at these places; `None` is a release that cannot run. Also counts the questions.
    fn dated(began: &[(&str, usize)], releases: usize, silent: &[usize]) -> (Vec<Began>, usize) {
        let mut dating = Dating::new(began.iter().map(|(id, _)| (*id).to_owned()), releases);
        let of: BTreeMap<&str, usize> = began.iter().copied().collect();
        let mut asked = 0;
        while let Some((place, _)) = dating.next() {
            asked += 1;
            dating.answer(place, |id| {
                (!silent.contains(&place)).then_some(place >= of[id])
            });
        }
        (dating.began().map(|(_, began)| began).collect(), asked)
    }

    #[test]
    fn every_beginning_is_found_with_shared_questions() {
        for releases in 1..20 {
            for a in 0..releases {
                let (found, _) = dated(&[("a", a), ("b", 0)], releases, &[]);
                let first = if a == 0 {
                    Began::BeforeAll
                } else {
                    Began::In(a)
                };
                assert_eq!(found, [first, Began::BeforeAll], "{a} of {releases}");
            }
        }
        let (_, asked) = dated(&[("a", 31), ("b", 32), ("c", 0)], 64, &[]);
        assert!(asked <= 9, "{asked}");
    }

    #[test]
    fn releases_that_cannot_tell_are_passed_over() {
        let (found, _) = dated(&[("a", 5)], 10, &[4, 5]);
        assert_eq!(found, [Began::Between(Some(3), 6)]);
        let (found, _) = dated(&[("a", 5)], 10, &[0, 1, 2]);
        assert_eq!(found, [Began::In(5)]);
    }
}

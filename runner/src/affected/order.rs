//! The order of the builds of a checkout. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::map::Map;
use crate::trace::Place;

/// Which builds come first.
#[derive(Debug, Clone, Default)]
pub struct Order {
    failed: BTreeSet<String>,
    /// Of builds that use what changed, how many use the changed function that fewest use.
    touched: BTreeMap<String, usize>,
    /// How many builds the map knows.
    known: usize,
}

impl Order {
    /// What failed last time, and what uses the changed functions.
    pub(super) fn new(failed: BTreeSet<String>, changed: &[Place], map: Option<&Map>) -> Self {
        let mut touched: BTreeMap<String, usize> = BTreeMap::new();
        for place in changed {
            let users = map.map(|map| map.users(place)).unwrap_or_default();
            let count = users.len();
            for build in users {
                let least = touched.entry(build.to_owned()).or_insert(count);
                *least = count.min(*least);
            }
        }
        Self {
            failed,
            touched,
            known: map.map_or(0, Map::builds),
        }
    }

    /// How early a build runs, 0 first: what failed, what uses a changed function that few use, then that many use, then
    /// the rest. What nearly all builds use tells nothing.
    pub(crate) fn place(&self, build: &str) -> u32 {
        if self.failed.contains(build) {
            return 0;
        }
        match self.touched.get(build) {
            Some(users) if *users * 8 <= self.known => 1,
            Some(users) if *users * 2 <= self.known => 2,
            _ => 3,
        }
    }

    /// How many builds failed last time, and how many others use a changed function that not nearly all use.
    pub fn counts(&self) -> (usize, usize) {
        let touched = self
            .touched
            .keys()
            .filter(|build| matches!(self.place(build), 1 | 2));
        (self.failed.len(), touched.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_comes_first_then_what_few_builds_share() {
        let mut map = Map::new("portage");
        let place = |function: &str| Place {
            file: "bin/x".to_owned(),
            function: function.to_owned(),
        };
        let used = (0..16).map(|n: usize| {
            let mut places = BTreeSet::from([place("all")]);
            if n < 8 {
                places.insert(place("half"));
            }
            if n < 2 {
                places.insert(place("few"));
            }
            (format!("{n}"), places)
        });
        map.take("1", used.collect());
        let changed = ["all", "half", "few"].map(place);
        let order = Order::new(["9".to_owned()].into(), &changed, Some(&map));
        let places: Vec<u32> = [9, 0, 1, 2, 8].map(|n| order.place(&n.to_string())).into();
        assert_eq!(places, [0, 1, 1, 2, 3]);
        assert_eq!(order.counts(), (1, 8));
    }
}

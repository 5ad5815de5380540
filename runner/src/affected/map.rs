//! The map of a package manager: which of its functions each build used when `pmsts map` watched.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ranges;
use crate::provision::{Cache, Error};
use crate::trace::Place;

/// The directory of the cache.
const DIR: &str = "maps";

/// Which functions each build used.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Map {
    /// The package manager.
    pub pm: String,
    /// The version that was watched last.
    pub version: String,
    places: Vec<Place>,
    /// Positions of places, by name of the build.
    #[serde(with = "ranges")]
    builds: BTreeMap<String, Vec<u32>>,
}

impl Map {
    /// An empty map.
    pub fn new(pm: &str) -> Self {
        Self {
            pm: pm.to_owned(),
            ..Self::default()
        }
    }

    /// The map of a package manager, if one was recorded.
    pub fn read(cache: &Cache, pm: &str) -> Option<Self> {
        cache.kept(DIR, &format!("{pm}.json"))
    }

    /// Keeps it for later runs.
    pub fn keep(&self, cache: &Cache) -> Result<(), Error> {
        cache.keep(DIR, &format!("{}.json", self.pm), self)
    }

    /// Takes in what builds used; what was known of these builds is replaced.
    pub(crate) fn take(&mut self, version: &str, used: BTreeMap<String, BTreeSet<Place>>) {
        version.clone_into(&mut self.version);
        let known = self.places.iter().cloned().zip(0..);
        let mut known: BTreeMap<Place, u32> = known.collect();
        for (build, places) in used {
            let positions = places.into_iter().map(|place| {
                *known.entry(place).or_insert_with_key(|place| {
                    self.places.push(place.clone());
                    u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
                })
            });
            let mut positions: Vec<u32> = positions.collect();
            positions.sort_unstable();
            self.builds.insert(build, positions);
        }
    }

    /// How many builds it knows.
    pub fn builds(&self) -> usize {
        self.builds.len()
    }

    /// How many functions it knows.
    pub fn functions(&self) -> usize {
        self.places.len()
    }

    /// The builds that used a place: a function, or any of a file where the function is empty.
    pub(crate) fn users(&self, of: &Place) -> BTreeSet<&str> {
        let is_it = |place: &Place| {
            place.file == of.file && (of.function.is_empty() || place.function == of.function)
        };
        let wanted: BTreeSet<u32> = self
            .places
            .iter()
            .zip(0..)
            .filter_map(|(place, at)| is_it(place).then_some(at))
            .collect();
        let uses = |places: &&Vec<u32>| places.iter().any(|at| wanted.contains(at));
        let users = self.builds.iter().filter(|(_, places)| uses(places));
        users.map(|(build, _)| build.as_str()).collect()
    }

    /// The places whose file or function contains the text.
    pub(crate) fn find(&self, text: &str) -> Vec<&Place> {
        let hits = |place: &&Place| format!("{}:{}", place.file, place.function).contains(text);
        let mut found: Vec<&Place> = self.places.iter().filter(hits).collect();
        found.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        let (file, function) = text.split_once(':').unwrap();
        Place {
            file: file.to_owned(),
            function: function.to_owned(),
        }
    }

    fn used(all: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<Place>> {
        let one = |(build, places): &(&str, &[&str])| {
            (
                (*build).to_owned(),
                places.iter().map(|text| place(text)).collect(),
            )
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn a_function_has_the_builds_that_used_it_and_a_file_all_of_them() {
        let mut map = Map::new("portage");
        map.take(
            "1",
            used(&[("a@8", &["bin/x:f", "bin/y:"]), ("b@8", &["bin/x:g"])]),
        );
        let users = |text: &str| map.users(&place(text)).into_iter().collect::<Vec<_>>();
        assert_eq!(users("bin/x:f"), ["a@8"]);
        assert_eq!(users("bin/x:"), ["a@8", "b@8"]);
        assert!(users("bin/z:").is_empty());
    }

    #[test]
    fn a_build_that_is_watched_again_has_only_what_it_used_last() {
        let mut map = Map::new("portage");
        map.take("1", used(&[("a@8", &["bin/x:f"]), ("b@8", &["bin/x:f"])]));
        map.take("2", used(&[("a@8", &["bin/x:g"])]));
        assert_eq!(
            map.users(&place("bin/x:f")).into_iter().collect::<Vec<_>>(),
            ["b@8"]
        );
        assert_eq!((map.builds(), map.functions()), (2, 2));
    }
}

//! What a record knows of the whole that it is a part of: a missing shard has a name.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::record::{Results, TargetRecord};

/// Which shards of a run are here. A run that is whole has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Shards {
    /// In how many the cases were cut.
    pub of: u64,
    /// Those that are here, from 1.
    pub parts: BTreeSet<u64>,
    /// Where each case that is here stands among all that were chosen, so that shards can be joined
    /// in the order of one run.
    pub places: BTreeMap<String, usize>,
}

impl Shards {
    /// What is not here, in words: `shards 2-4, 7 of 7 are missing`; none where all are.
    pub fn missing(&self) -> Option<String> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for part in (1..=self.of).filter(|part| !self.parts.contains(part)) {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == part => *end = part,
                _ => ranges.push((part, part)),
            }
        }
        let words = |(first, last): &(u64, u64)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        };
        let list: Vec<String> = ranges.iter().map(words).collect();
        match ranges.as_slice() {
            [] => None,
            [(a, b)] if a == b => Some(format!("shard {a} of {} is missing", self.of)),
            _ => Some(format!(
                "shards {} of {} are missing",
                list.join(", "),
                self.of
            )),
        }
    }
}

impl TargetRecord {
    /// What of it is in none of the records, in words.
    pub fn missing(&self) -> Option<String> {
        self.shards.as_ref().and_then(Shards::missing)
    }

    /// Takes in which shards another record has; when all are here, it is a whole run again.
    pub(crate) fn unite(&mut self, theirs: Option<Shards>) {
        if let (Some(ours), Some(theirs)) = (&mut self.shards, theirs) {
            ours.parts.extend(theirs.parts);
            ours.places.extend(theirs.places);
        }
        let Some(shards) = self.shards.take_if(|all| all.missing().is_none()) else {
            return;
        };
        self.instances
            .sort_by_key(|instance| shards.places.get(&instance.case).copied());
    }
}

impl Results {
    /// What is missing, a sentence a target.
    pub fn missing(&self) -> Vec<String> {
        let of = |target: &TargetRecord| Some(format!("{}: {}", target.name, target.missing()?));
        self.targets.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let missing = |of, parts: &[u64]| {
            let parts = parts.iter().copied().collect();
            let places = BTreeMap::new();
            Shards { of, parts, places }.missing()
        };
        assert_eq!(missing(2, &[1, 2]), None);
        assert_eq!(missing(3, &[1, 3]).unwrap(), "shard 2 of 3 is missing");
        assert_eq!(
            missing(7, &[1, 5, 6]).unwrap(),
            "shards 2-4, 7 of 7 are missing"
        );
    }
}

//! The shards of a run: which of them a record holds, and which are missing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The shards of a run that a record holds. The record of a whole run has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Shards {
    /// The number of shards that the cases were divided into.
    pub of: u64,
    /// The numbers of the shards in this record, from 1.
    pub parts: BTreeSet<u64>,
    /// The position of each case of this record among all selected cases, so that merged shards can be
    /// sorted into the order of one run.
    pub places: BTreeMap<String, usize>,
}

impl Shards {
    /// The missing shards, in words: `shards 2-4, 7 of 7 are missing`; `None` where none is missing.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_shards_are_named() {
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

//! Sorted positions as text, `0-11,15`: neighbours are found by the same builds, and a map has a million of them.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

type Lists = BTreeMap<String, Vec<u32>>;

/// Writes each list as text.
pub(super) fn serialize<S: Serializer>(lists: &Lists, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(lists.iter().map(|(name, list)| (name, text(list))))
}

/// Reads each list from its text.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lists, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
    let lists = texts.into_iter().map(|(name, text)| {
        let list = list(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is no list of ranges")))?;
        Ok((name, list))
    });
    lists.collect()
}

fn text(list: &[u32]) -> String {
    let runs = list.chunk_by(|a, b| a + 1 == *b);
    let words = runs.map(|run| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    });
    words.collect::<Vec<_>>().join(",")
}

fn list(text: &str) -> Option<Vec<u32>> {
    let mut list = Vec::new();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        list.extend(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?);
    }
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back_as_it_was() {
        for (of, as_text) in [
            (vec![0, 1, 2, 5, 7, 8], "0-2,5,7-8"),
            (vec![], ""),
            (vec![3], "3"),
        ] {
            assert_eq!(text(&of), as_text);
            assert_eq!(list(as_text), Some(of));
        }
        assert_eq!(list("1-x"), None);
    }
}

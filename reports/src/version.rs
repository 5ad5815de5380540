//! Orders versions of package managers for display.

use std::cmp::Ordering;

/// Compares two versions: numbers as numbers and the rest as text, so `3.0.9` is less than `3.0.10`.
pub fn compare(a: &str, b: &str) -> Ordering {
    parts(a).cmp(&parts(b))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Text(&'a str),
    Number(usize, &'a str),
}

fn parts(version: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits);
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(if digits {
            let number = part.trim_start_matches('0');
            Part::Number(number.len(), number)
        } else {
            Part::Text(part)
        });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_by_their_numbers() {
        let mut versions = [
            "3.0.83",
            "3.0.9",
            "2.9",
            "3.0.45",
            "3.0.9999999999999999999999",
        ];
        versions.sort_by(|a, b| compare(a, b));
        assert_eq!(
            versions,
            [
                "2.9",
                "3.0.9",
                "3.0.45",
                "3.0.83",
                "3.0.9999999999999999999999"
            ]
        );
    }
}

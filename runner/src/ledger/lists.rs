//! Compares values that are lists of variables element by element, so that a variable which has nothing to do with a
//! finding does not change it.

use std::collections::BTreeSet;

use pmsts_testcases::Compared;

/// The fewest elements that make a list.
const FEWEST: usize = 3;

/// The elements in which a list differs from what is expected: `lacks A B; has C`. `None` if the value is no list of
/// variables, or the expectation says nothing about elements.
pub(super) fn difference(compared: &Compared, value: &str) -> Option<String> {
    let words = |list: &'static str| compared.expected.strip_prefix(list);
    if let Some(forbidden) = words("without the words ") {
        let there = names(value)?;
        let has: Vec<&str> = forbidden.split(' ').filter(|w| there.contains(w)).collect();
        return told(&[], &has);
    }
    if let Some(wanted) = words("with the words ") {
        let there = names(value)?;
        let lacks: Vec<&str> = wanted.split(' ').filter(|w| !there.contains(w)).collect();
        return told(&lacks, &[]);
    }
    let exact = compared.exact.as_ref()?.text();
    let (expected, there) = match (assignments(&exact), assignments(value)) {
        (Some(expected), Some(there)) => (expected, there),
        _ => (names(&exact)?, names(value)?),
    };
    let lacks: Vec<&str> = expected.difference(&there).copied().collect();
    let has: Vec<&str> = there.difference(&expected).copied().collect();
    told(&lacks, &has)
}

fn told(lacks: &[&str], has: &[&str]) -> Option<String> {
    let part = |word: &str, names: &[&str]| {
        (!names.is_empty()).then(|| format!("{word} {}", names.join(" ")))
    };
    let parts = [part("lacks", lacks), part("has", has)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The names in a text that consists of names of variables.
fn names(text: &str) -> Option<BTreeSet<&str>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let listed = words.len() >= FEWEST && words.iter().all(|word| is_name(word));
    listed.then(|| words.into_iter().collect())
}

/// The lines of a text in which every line is `NAME=value`.
fn assignments(text: &str) -> Option<BTreeSet<&str>> {
    let lines: Vec<&str> = text.lines().collect();
    let assigns = |line: &&str| line.split_once('=').is_some_and(|(name, _)| is_name(name));
    let listed = lines.len() >= FEWEST && lines.iter().all(assigns);
    listed.then(|| lines.into_iter().collect())
}

/// Whether it is the name of an environment variable, in capitals as those of the PMS are.
fn is_name(word: &str) -> bool {
    let first = |c: char| c.is_ascii_uppercase() || c == '_';
    word.starts_with(first) && word.chars().all(|c| first(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::{Outcome, Value};

    use super::*;

    fn seen(expected: &str, exact: Option<&str>, value: &str) -> Option<String> {
        let compared = Compared {
            address: "src_install.x".to_owned(),
            expected: expected.to_owned(),
            exact: exact.map(Value::from),
            actual: Some(Value::from(value)),
            outcome: Outcome::Differs,
            note: None,
        };
        difference(&compared, value)
    }

    #[test]
    fn only_the_elements_that_differ_are_kept() {
        let without = "without the words T D";
        assert_eq!(seen(without, None, "PF T HOME ").unwrap(), "has T");
        assert_eq!(seen(without, None, "T PF USE HOME ").unwrap(), "has T");
        assert_eq!(
            seen("with the words A D", None, "A B C").unwrap(),
            "lacks D"
        );
        let exact = Some("A B C");
        assert_eq!(seen("", exact, "A\nC\nD").unwrap(), "lacks B; has D");
        let lines = Some("A=1\nB=2\nC=3");
        assert_eq!(
            seen("", lines, "A=1\nB=x y\nC=3").unwrap(),
            "lacks B=2; has B=x y"
        );
    }

    #[test]
    fn other_values_are_kept_whole() {
        assert_eq!(seen("", Some("one two three"), "one two four"), None);
        assert_eq!(seen("", Some("A B C"), "C B A"), None);
        assert_eq!(seen("without the words T", None, "T"), None);
        assert_eq!(seen("matching /x/", None, "A B C"), None);
    }
}

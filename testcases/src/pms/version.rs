//! Versions and their comparison (PMS: version specifications, version comparison).

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<String>,
    letter: Option<char>,
    /// Type and number of each suffix.
    suffixes: Vec<(Suffix, String)>,
    revision: Option<String>,
}

/// The types of suffixes, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Suffix {
    Alpha,
    Beta,
    Pre,
    Rc,
    P,
}

static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"^([0-9]+(?:\.[0-9]+)*)([a-z])?((?:_(?:alpha|beta|pre|rc|p)[0-9]*)*)(?:-r([0-9]+))?$";
    Regex::new(pattern).expect("the pattern is constant")
});

impl Version {
    /// Reads a version; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = VERSION.captures(text)?;
        let suffixes = parts[3].split('_').skip(1).map(|suffix| {
            let digits = suffix
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(suffix.len());
            let kind = match &suffix[..digits] {
                "alpha" => Suffix::Alpha,
                "beta" => Suffix::Beta,
                "pre" => Suffix::Pre,
                "rc" => Suffix::Rc,
                _ => Suffix::P,
            };
            (kind, suffix[digits..].to_owned())
        });
        Some(Self {
            numbers: parts[1].split('.').map(str::to_owned).collect(),
            letter: parts
                .get(2)
                .and_then(|letter| letter.as_str().chars().next()),
            suffixes: suffixes.collect(),
            revision: parts.get(4).map(|revision| revision.as_str().to_owned()),
        })
    }

    /// Compares two versions.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.without_revisions(other)
            .then_with(|| integers(self.revision(), other.revision()))
    }

    /// The same, when revisions are ignored.
    #[must_use]
    pub fn without_revisions(&self, other: &Self) -> Ordering {
        let firsts = integers(&self.numbers[0], &other.numbers[0]);
        let pairs = self.numbers.iter().zip(&other.numbers).skip(1);
        let others = pairs.map(|(a, b)| further_numbers(a, b));
        let letters = self
            .letter
            .map_or(0, u32::from)
            .cmp(&other.letter.map_or(0, u32::from));
        firsts
            .then_with(|| others.fold(Ordering::Equal, Ordering::then))
            .then_with(|| self.numbers.len().cmp(&other.numbers.len()))
            .then(letters)
            .then_with(|| self.compare_suffixes(other))
    }

    fn compare_suffixes(&self, other: &Self) -> Ordering {
        let pairs = self.suffixes.iter().zip(&other.suffixes);
        let each = pairs.map(|((kind, number), (other_kind, other_number))| {
            kind.cmp(other_kind)
                .then_with(|| integers(number, other_number))
        });
        let decided = each.fold(Ordering::Equal, Ordering::then);
        // Who has more suffixes is greater where the next one is _p, else less.
        let longer = |suffix: &(Suffix, String)| match suffix.0 {
            Suffix::P => Ordering::Greater,
            _ => Ordering::Less,
        };
        decided.then_with(|| {
            match (
                self.suffixes.get(other.suffixes.len()),
                other.suffixes.get(self.suffixes.len()),
            ) {
                (Some(next), _) => longer(next),
                (_, Some(next)) => longer(next).reverse(),
                (None, None) => Ordering::Equal,
            }
        })
    }

    fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or_default()
    }

    /// Whether a version has the components of this one, and possibly more: what `=` with an asterisk asks.
    #[must_use]
    pub fn begins(&self, other: &Self) -> bool {
        let whole = Self {
            numbers: other
                .numbers
                .iter()
                .take(self.numbers.len())
                .cloned()
                .collect(),
            letter: other.letter.filter(|_| self.letter.is_some()),
            suffixes: other
                .suffixes
                .iter()
                .take(self.suffixes.len())
                .cloned()
                .collect(),
            revision: other.revision.clone().filter(|_| self.revision.is_some()),
        };
        // Components after the last given one are not compared, so those before it must be all that there are.
        let numbers_end =
            self.letter.is_some() || !self.suffixes.is_empty() || self.revision.is_some();
        let letters_end = !self.suffixes.is_empty() || self.revision.is_some();
        let ends = (!numbers_end || self.numbers.len() == other.numbers.len())
            && (!letters_end || self.letter == other.letter)
            && (self.revision.is_none() || self.suffixes.len() == other.suffixes.len());
        ends && self.compare(&whole) == Ordering::Equal
    }
}

/// Compares as integers of any length; no digits are 0.
fn integers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Compares numbers after the first: as text, without zeros at the end, where one has a zero in front.
fn further_numbers(a: &str, b: &str) -> Ordering {
    if a.starts_with('0') || b.starts_with('0') {
        a.trim_end_matches('0').cmp(b.trim_end_matches('0'))
    } else {
        integers(a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn components_are_compared_from_left_to_right() {
        let ascending = [
            "0",
            "0.1",
            "1_alpha",
            "1_alpha1",
            "1_beta",
            "1_pre",
            "1_rc",
            "1",
            "1-r1",
            "1_p",
            "1_p1",
            "1a",
            "1b",
            "1.0",
            "1.01",
            "1.1",
            "1.9",
            "1.10",
            "10",
            "20240101",
            "20240101000000000000000001",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(version(a).compare(&version(b)), i.cmp(&j), "{a} and {b}");
            }
        }
        // Compared as text, because of the zero in front.
        assert_eq!(version("0.011").compare(&version("0.10")), Ordering::Less);
    }

    #[test]
    fn equal_versions_need_not_be_the_same_text() {
        for (a, b) in [
            ("1.0.2", "1.000.2"),
            ("1", "1-r0"),
            ("1_p", "1_p0"),
            ("01", "1"),
            ("1.10", "1.10"),
        ] {
            assert_eq!(
                version(a).compare(&version(b)),
                Ordering::Equal,
                "{a} and {b}"
            );
        }
        assert_eq!(
            version("1-r1").without_revisions(&version("1-r2")),
            Ordering::Equal
        );
    }

    #[test]
    fn an_asterisk_compares_the_given_components() {
        let begins = |short: &str, long: &str| version(short).begins(&version(long));
        for (short, long) in [
            ("1.2", "1.2.3"),
            ("1.2", "1.2"),
            ("1.2", "1.2_p1"),
            ("1.2", "1.2b-r3"),
            ("1_rc", "1_rc_p2"),
        ] {
            assert!(begins(short, long), "{short}* and {long}");
        }
        for (short, long) in [
            ("1.2", "1.20"),
            ("1.2b", "1.2"),
            ("1_rc", "1.0_rc"),
            ("1-r1", "1-r10"),
            ("1.2.3", "1.2"),
        ] {
            assert!(!begins(short, long), "{short}* and {long}");
        }
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in [
            "", "1.", "1..2", "1ab", "1_foo", "1-r", "a", "1-r1-r2", "1_p-1",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}

//! EAPIs and sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An EAPI that the PMS defines: 0 to 9; or the draft of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Eapi(u8);

impl Eapi {
    /// The newest EAPI.
    pub const LATEST: Self = Self(9);

    /// The next EAPI, of which the catalogue may have drafts.
    pub const DRAFT: Self = Self(Self::LATEST.0 + 1);

    /// All EAPIs that the PMS defines, oldest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..=Self::LATEST.0).map(Self)
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Eapi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that is not an EAPI or a set of EAPIs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EapiError {
    /// Not a number from 0 to 9, nor the draft.
    #[error("`{0}` is no EAPI: write one of 0 to 9, or 10 for the draft of the next")]
    Unknown(String),
    /// A range whose end is before its beginning.
    #[error("the range `{0}` is empty: write the older EAPI first")]
    Backwards(String),
}

impl FromStr for Eapi {
    type Err = EapiError;

    fn from_str(text: &str) -> Result<Self, EapiError> {
        text.parse()
            .ok()
            .filter(|n| *n <= Self::DRAFT.0)
            .map(Self)
            .ok_or_else(|| EapiError::Unknown(text.to_owned()))
    }
}

/// A set of EAPIs, written `0-3,5,7-9`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct EapiSet(u16);

impl EapiSet {
    /// Every EAPI that the PMS defines.
    pub fn all() -> Self {
        Eapi::all().collect()
    }

    /// Whether the EAPI is in the set.
    pub fn contains(self, eapi: Eapi) -> bool {
        self.0 & (1 << eapi.0) != 0
    }

    /// Whether all of `other` is in the set.
    pub fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set without the draft.
    #[must_use]
    pub fn defined(self) -> Self {
        self.and(Self::all())
    }

    /// The EAPIs in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The EAPIs in either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The EAPIs, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Eapi> {
        (0..=Eapi::DRAFT.0)
            .map(Eapi)
            .filter(move |eapi| self.contains(*eapi))
    }

    /// The first and the last EAPI of each run of neighbours, where an off-by-one error would show.
    #[must_use]
    pub fn boundary(self) -> Self {
        Self(self.0 & !((self.0 << 1) & (self.0 >> 1)))
    }
}

impl FromIterator<Eapi> for EapiSet {
    fn from_iter<I: IntoIterator<Item = Eapi>>(eapis: I) -> Self {
        Self(eapis.into_iter().fold(0, |set, eapi| set | 1 << eapi.0))
    }
}

impl FromStr for EapiSet {
    type Err = EapiError;

    fn from_str(text: &str) -> Result<Self, EapiError> {
        text.split(',')
            .map(str::trim)
            .try_fold(Self::default(), |set, part| {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let (first, last): (Eapi, Eapi) = (first.parse()?, last.parse()?);
                if first > last {
                    return Err(EapiError::Backwards(part.to_owned()));
                }
                Ok(set.or((first.0..=last.0).map(Eapi).collect()))
            })
    }
}

impl fmt::Display for EapiSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut eapis = self.iter().peekable();
        while let Some(first) = eapis.next() {
            let mut last = first;
            while let Some(next) = eapis.next_if(|next| next.0 == last.0 + 1) {
                last = next;
            }
            write!(f, "{separator}{first}")?;
            if last > first {
                write!(f, "-{last}")?;
            }
            separator = ",";
        }
        Ok(())
    }
}

impl Serialize for EapiSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EapiSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(text: &str) -> EapiSet {
        text.parse().unwrap()
    }

    #[test]
    fn boundaries_are_the_ends_of_each_run() {
        for (all, ends) in [
            ("0-9", "0,9"),
            ("5", "5"),
            ("0-3,5,7-9", "0,3,5,7,9"),
            ("2-3", "2-3"),
            ("0,9", "0,9"),
        ] {
            assert_eq!(set(all).boundary(), set(ends), "{all}");
        }
    }

    #[test]
    fn bad_sets_are_refused() {
        for text in ["", "11", "a", "3-1", "1-", "-1", "1,,2"] {
            assert!(text.parse::<EapiSet>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_and_set_are_the_same(bits in 1u16..2048) {
            let original = EapiSet(bits);
            prop_assert_eq!(set(&original.to_string()), original);
        }
    }
}

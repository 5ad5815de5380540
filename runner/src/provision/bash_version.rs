//! Versions of Bash, and the oldest one that the PMS requires for each EAPI.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The table of Bash versions in the PMS (`bash-version`): the first EAPI, and the oldest Bash from there on.
const MINIMA: [(u32, BashVersion); 4] = [
    (0, BashVersion::new(3, 2, 0)),
    (6, BashVersion::new(4, 2, 0)),
    (8, BashVersion::new(5, 0, 0)),
    (9, BashVersion::new(5, 3, 0)),
];

/// A version of Bash. Written as `5.3` or `5.2.15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BashVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

impl BashVersion {
    /// Makes a version from its parts.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// The oldest Bash that the PMS allows for `eapi`. An unknown EAPI counts as the newest.
    pub fn for_eapi(eapi: &str) -> Self {
        let number = eapi.parse().unwrap_or(u32::MAX);
        MINIMA
            .iter()
            .rfind(|(first, _)| *first <= number)
            .map_or(MINIMA[0].1, |(_, minimum)| *minimum)
    }

    /// The oldest Bash that the PMS allows for all of `eapis`.
    pub fn for_eapis<'a>(eapis: impl IntoIterator<Item = &'a str>) -> Self {
        eapis
            .into_iter()
            .map(Self::for_eapi)
            .max()
            .unwrap_or(MINIMA[0].1)
    }
}

impl fmt::Display for BashVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch == 0 {
            Ok(())
        } else {
            write!(f, ".{}", self.patch)
        }
    }
}

impl FromStr for BashVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.trim().split('.').map(str::parse);
        match (
            parts.next(),
            parts.next(),
            parts.next().unwrap_or(Ok(0)),
            parts.next(),
        ) {
            (Some(Ok(major)), Some(Ok(minor)), Ok(patch), None) => Ok(Self {
                major,
                minor,
                patch,
            }),
            _ => Err(format!("`{text}` is not a version of Bash")),
        }
    }
}

impl TryFrom<String> for BashVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<BashVersion> for String {
    fn from(version: BashVersion) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> BashVersion {
        text.parse().unwrap()
    }

    #[test]
    fn every_eapi_has_the_minimum_of_the_pms() {
        let table = [
            ("0", "3.2"),
            ("5", "3.2"),
            ("6", "4.2"),
            ("7", "4.2"),
            ("8", "5.0"),
            ("9", "5.3"),
            ("pmsts-unknown", "5.3"),
        ];
        for (eapi, minimum) in table {
            assert_eq!(BashVersion::for_eapi(eapi), version(minimum), "EAPI {eapi}");
        }
        assert_eq!(BashVersion::for_eapis(["0", "8", "6"]), version("5.0"));
        assert_eq!(BashVersion::for_eapis([]), version("3.2"));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version("5.10") > version("5.3.8"));
        assert!(version("5.2.15") < version("5.3"));
        assert_eq!(version("5.2.15\n").to_string(), "5.2.15");
        for text in ["", "5", "5.x", "5.3.0.1"] {
            assert!(text.parse::<BashVersion>().is_err(), "{text}");
        }
    }
}

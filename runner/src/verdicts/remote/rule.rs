//! Which store is asked about which cases: `URL[,cases=GLOB][,mode=read|read-write][,token=VARIABLE]`.

use std::fmt;
use std::str::FromStr;

use globset::{Glob, GlobMatcher};

use super::address::Address;

/// The variable that holds the token of a store, unless its rule names another one.
pub(super) const TOKEN: &str = "PMSTS_STORE_TOKEN";

/// A rule: a store, and the cases that it is for.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The store.
    pub(crate) place: Place,
    cases: GlobMatcher,
    /// Whether the run may write.
    pub(super) writes: bool,
    /// The variable that holds the token.
    pub(super) token: String,
    text: String,
}

/// Where a store is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// There is none: nothing is asked, and nothing kept.
    None,
    /// A service on the store of the cache, which is started with the run.
    Auto,
    /// At an address.
    At(Address),
}

impl Rule {
    /// Whether the rule is for a case.
    pub(super) fn is_for(&self, case: &str) -> bool {
        self.cases.is_match(case)
    }

    /// The address of its store, if it has one.
    pub(crate) fn url(&self) -> Option<String> {
        match &self.place {
            Place::At(address) => Some(address.to_string()),
            Place::None | Place::Auto => None,
        }
    }

    /// Whether its store is to be started with the run.
    pub(crate) fn is_auto(&self) -> bool {
        matches!(self.place, Place::Auto)
    }

    /// The same rule for the store at this address.
    pub(crate) fn at(&self, address: Address) -> Self {
        Self {
            place: Place::At(address),
            ..self.clone()
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let place = match parts.next().unwrap_or_default().trim() {
            "" | "none" => Place::None,
            "auto" => Place::Auto,
            url => Place::At(url.parse()?),
        };
        let (mut cases, mut writes, mut token) = ("*", true, TOKEN);
        for part in parts {
            match part.trim().split_once('=') {
                Some(("cases", glob)) => cases = glob,
                Some(("mode", "read")) => writes = false,
                Some(("mode", "read-write")) => writes = true,
                Some(("token", variable)) => token = variable,
                _ => {
                    return Err(format!(
                        "`{part}` is none of cases=GLOB, mode=read, mode=read-write, token=VARIABLE"
                    ));
                }
            }
        }
        let glob = Glob::new(cases).map_err(|e| format!("`{cases}` is no pattern: {e}"))?;
        Ok(Self {
            place,
            cases: glob.compile_matcher(),
            writes,
            token: token.to_owned(),
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_which_cases_a_store_is_for_and_how() {
        let rule: Rule = "https://store.example/x,cases=dosym*,mode=read"
            .parse()
            .unwrap();
        assert!(rule.is_for("dosym-relative") && !rule.is_for("doins"));
        assert!(!rule.writes);
        let none: Rule = "none,cases=secret-*".parse().unwrap();
        assert!(matches!(none.place, Place::None));
        assert!(matches!("".parse::<Rule>().unwrap().place, Place::None));
        for wrong in [
            "ftp://x",
            "https://x,mode=write",
            "store",
            "https://x,cases=[",
        ] {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
        }
    }
}

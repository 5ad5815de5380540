//! Checks what this machine can run, what is missing, and what is skipped without it.

mod checks;

use serde::Serialize;

use crate::provision::{Cache, Error, Monitor};

/// Whether this machine has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// It has it, and it works.
    Ok,
    /// It is missing, or does not work.
    Missing,
}

/// A check of one thing that runs need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A name that does not change between versions of pmsts.
    pub what: &'static str,
    /// The result.
    pub state: Ability,
    /// What was found.
    pub detail: String,
    /// What is skipped without it.
    pub skipped: Option<&'static str>,
    /// How to get it.
    pub remedy: Option<&'static str>,
    /// Whether nothing can run without it.
    pub blocking: bool,
}

impl Check {
    fn new(what: &'static str, found: Result<String, String>, lack: &Lack) -> Self {
        match found {
            Ok(detail) => Self {
                what,
                state: Ability::Ok,
                detail,
                skipped: None,
                remedy: None,
                blocking: false,
            },
            Err(detail) => Self {
                what,
                state: Ability::Missing,
                detail,
                skipped: Some(lack.skipped),
                remedy: Some(lack.remedy),
                blocking: lack.blocking,
            },
        }
    }
}

/// What is skipped without something, and how to get it.
struct Lack {
    skipped: &'static str,
    remedy: &'static str,
    blocking: bool,
}

const fn skips(skipped: &'static str, remedy: &'static str) -> Lack {
    Lack {
        skipped,
        remedy,
        blocking: false,
    }
}

const fn blocks(skipped: &'static str, remedy: &'static str) -> Lack {
    Lack {
        skipped,
        remedy,
        blocking: true,
    }
}

/// Carries out all checks. Only an interrupt is an error; all else is a result.
pub fn examine(
    cache: Result<Cache, Error>,
    monitor: &mut Monitor<'_>,
) -> Result<Vec<Check>, Error> {
    let mut checks = vec![checks::root()];
    checks.extend(checks::namespaces(monitor)?);
    checks.extend(checks::testbeds());
    checks.push(checks::pythons(monitor)?);
    checks.extend(checks::shells(cache.as_ref().ok(), monitor)?);
    checks.push(checks::cache_dir(&cache));
    checks.push(checks::room(&cache));
    checks.push(checks::package_managers(cache.ok(), monitor)?);
    checks.push(checks::wget());
    checks.push(checks::sandbox());
    checks.push(checks::seven_zip());
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_missing_says_what_is_skipped_and_what_to_do() {
        let cache = Cache::at("/proc/nonexistent");
        let mut monitor = Monitor {
            report: &mut |_| (),
            cancelled: &|| false,
        };
        let checks = examine(cache, &mut monitor).unwrap();
        for check in &checks {
            let missing = check.state == Ability::Missing;
            assert_eq!(
                missing,
                check.skipped.is_some() && check.remedy.is_some(),
                "{check:?}"
            );
        }
        let cache = checks.iter().find(|check| check.what == "cache").unwrap();
        assert_eq!(cache.state, Ability::Missing);
    }
}

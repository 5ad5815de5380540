//! Recipes: data that tells provisioning how to find, install and recognise each package manager.

use std::collections::BTreeMap;

use pep440_rs::{Version, VersionSpecifiers};
use serde::Deserialize;

use super::{bash_version::BashVersion, python::Interpreter};

/// How one package manager is found, installed and recognised.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Its name in the package index; `None` if the index does not have it.
    pub package: Option<String>,
    /// Its name in the Rust registry, if cargo builds it.
    #[serde(rename = "crate")]
    pub in_rust: Option<String>,
    /// The program that identifies it on PATH and in a directory.
    pub program: String,
    /// How to get its version.
    pub version: VersionSource,
    /// The directory of Python modules in a checkout, relative to the checkout.
    pub library: Option<String>,
    /// Which interpreters it works with, or works best with, by release.
    #[serde(default)]
    pub python: Vec<PythonRule>,
    /// The oldest Bash with which it starts, by release.
    #[serde(default)]
    pub bash: Vec<BashRule>,
    /// Releases that do not start, or do not install a plain package.
    #[serde(default)]
    pub broken: Vec<BrokenRule>,
}

/// Releases that are known not to work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BrokenRule {
    /// The releases that it applies to.
    pub releases: VersionSpecifiers,
    /// The reason.
    pub why: String,
}

/// How to get the version of an installed package manager.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum VersionSource {
    /// An attribute of a Python module: `portage.VERSION`.
    Python {
        /// The module.
        module: String,
        /// Its attribute.
        attribute: String,
    },
    /// The last word of the first line that the program prints when called like this.
    Program {
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// What some releases need of their interpreter beyond what they declare.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PythonRule {
    /// The releases that it applies to.
    pub releases: VersionSpecifiers,
    /// The interpreters to prefer.
    #[serde(default)]
    pub prefer: VersionSpecifiers,
    /// The only interpreters with which they start.
    #[serde(default)]
    pub needs: VersionSpecifiers,
    /// The reason.
    pub why: String,
}

/// The oldest Bash that some releases start with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BashRule {
    /// The releases that it applies to.
    pub releases: VersionSpecifiers,
    /// The oldest Bash.
    pub minimum: BashVersion,
    /// The reason.
    pub why: String,
}

impl Recipe {
    /// The built-in recipes, by name of the package manager.
    ///
    /// # Panics
    /// Never: the file is part of the program, and a test reads it.
    pub fn bundled() -> BTreeMap<String, Self> {
        toml::from_str(include_str!("recipes.toml")).expect("recipes.toml is well-formed")
    }

    /// The module to import to prove that an installation works.
    pub(super) fn module(&self) -> Option<&str> {
        match &self.version {
            VersionSource::Python { module, .. } => Some(module),
            VersionSource::Program { .. } => None,
        }
    }

    /// The oldest Bash that `version` starts with, if a rule says so.
    ///
    /// A version that is not a release number, such as a checkout's, counts as the newest.
    pub fn minimum_bash(&self, version: &str) -> Option<BashVersion> {
        let number: String = version
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let release = number.trim_end_matches('.').parse::<Version>().ok();
        self.bash
            .iter()
            .filter(|rule| {
                release
                    .as_ref()
                    .is_none_or(|release| rule.releases.contains(release))
            })
            .map(|rule| rule.minimum)
            .max()
    }

    /// Why `release` is known not to work.
    pub fn known_broken(&self, release: &str) -> Option<&str> {
        let release: Version = release.parse().ok()?;
        let rule = self
            .broken
            .iter()
            .find(|rule| rule.releases.contains(&release))?;
        Some(&rule.why)
    }

    fn python_rules(&self, release: &Version) -> Vec<&PythonRule> {
        let rules = self.python.iter();
        rules
            .filter(|rule| rule.releases.contains(release))
            .collect()
    }

    /// Whether `release` starts with this Python according to the rules.
    pub(super) fn starts_with(&self, release: &Version, python: &Version) -> bool {
        let rules = self.python_rules(release);
        rules.iter().all(|rule| rule.needs.contains(python))
    }

    /// What `release` needs of its interpreter without declaring it, with the reason.
    pub(super) fn undeclared(&self, release: &Version) -> Option<String> {
        let rules = self.python_rules(release).into_iter();
        let needs = rules.filter(|rule| !rule.needs.is_empty());
        let words: Vec<_> = needs
            .map(|rule| format!("{} ({})", rule.needs, rule.why))
            .collect();
        (!words.is_empty()).then(|| words.join(" and "))
    }

    /// Interpreters in the order in which to try them for `release`.
    ///
    /// First those that a rule prefers; then those that every user can reach, as build phases run as a user that cannot
    /// enter a private home directory; then the newest.
    pub(super) fn rank<'a>(
        &self,
        release: &Version,
        interpreters: &'a [Interpreter],
    ) -> Vec<&'a Interpreter> {
        let rules = self.python_rules(release);
        let will_do =
            |it: &&Interpreter| it.can_make_venvs() && self.starts_with(release, &it.version);
        let mut ranked: Vec<_> = interpreters.iter().filter(will_do).collect();
        ranked.sort_by_key(|interpreter| {
            let preferred = rules
                .iter()
                .all(|rule| rule.prefer.contains(&interpreter.version));
            let stable = !interpreter.version.any_prerelease();
            std::cmp::Reverse((
                stable,
                preferred,
                interpreter.reachable,
                &interpreter.version,
            ))
        });
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreters(list: &[(&str, bool)]) -> Vec<Interpreter> {
        list.iter()
            .map(|(version, reachable)| Interpreter {
                path: format!("/py/{version}").into(),
                version: version.parse().unwrap(),
                pip: Some("/pip.whl".into()),
                reachable: *reachable,
            })
            .collect()
    }

    fn ranked(pm: &str, release: &str, list: &[(&str, bool)]) -> Vec<String> {
        let list = interpreters(list);
        Recipe::bundled()[pm]
            .rank(&release.parse().unwrap(), &list)
            .into_iter()
            .map(|interpreter| interpreter.version.to_string())
            .collect()
    }

    #[test]
    fn old_releases_take_the_interpreter_of_their_time() {
        let machine = [("3.13.0", true), ("3.11.2", true), ("3.9.1", true)];
        assert_eq!(
            ranked("portage", "3.0.19", &machine),
            ["3.11.2", "3.9.1", "3.13.0"]
        );
        assert_eq!(
            ranked("portage", "3.0.83", &machine),
            ["3.13.0", "3.11.2", "3.9.1"]
        );
    }

    #[test]
    fn an_interpreter_with_which_a_release_does_not_start_is_not_taken() {
        let machine = [("3.11.2", true), ("3.10.13", false)];
        assert_eq!(ranked("pkgcore", "0.12.12", &machine), ["3.10.13"]);
        assert_eq!(
            ranked("pkgcore", "0.12.13", &machine),
            ["3.11.2", "3.10.13"]
        );
        let release = "0.12.12".parse().unwrap();
        let undeclared = Recipe::bundled()["pkgcore"].undeclared(&release).unwrap();
        assert!(undeclared.starts_with("<3.11 ("), "{undeclared}");
    }

    #[test]
    fn an_interpreter_that_build_users_can_reach_comes_before_a_newer_private_one() {
        let machine = [("3.13.0", false), ("3.11.2", true)];
        assert_eq!(ranked("pkgcore", "0.12.48", &machine), ["3.11.2", "3.13.0"]);
    }

    #[test]
    fn prereleases_come_last() {
        let machine = [("3.15.0a1", true), ("3.11.2", false)];
        assert_eq!(
            ranked("portage", "3.0.83", &machine),
            ["3.11.2", "3.15.0a1"]
        );
    }

    #[test]
    fn a_broken_release_is_explained() {
        let pkgcore = &Recipe::bundled()["pkgcore"];
        for (release, broken) in [
            ("0.12.33", false),
            ("0.12.34", true),
            ("0.12.41", true),
            ("0.12.42", false),
        ] {
            assert_eq!(pkgcore.known_broken(release).is_some(), broken, "{release}");
        }
    }

    #[test]
    fn a_checkout_asks_for_the_newest_bash() {
        let pkgcore = &Recipe::bundled()["pkgcore"];
        assert_eq!(pkgcore.minimum_bash("0.12.20"), None);
        assert_eq!(
            pkgcore.minimum_bash("0.12.48"),
            Some(BashVersion::new(5, 3, 0))
        );
        assert_eq!(pkgcore.minimum_bash("0.12.20-3-gabc"), None);
        assert_eq!(
            pkgcore.minimum_bash("unknown"),
            Some(BashVersion::new(5, 3, 0))
        );
    }
}

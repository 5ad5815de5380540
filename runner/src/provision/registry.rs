//! Finds out which releases the package index has, and which interpreters run them.

use std::collections::HashMap;

use pep440_rs::Version;

use super::{
    cache::Cache,
    error::Error,
    pip::{Failure, Pip, classify},
    progress::{Monitor, Progress},
    python::{self, Interpreter},
    recipe::Recipe,
    spec::Pick,
};

/// The first pip that can list the versions for another Python than its own.
const LISTING_PIP: [u64; 2] = [21, 2];

/// The package index as seen from this machine. Its answers are kept while this value exists.
#[derive(Debug)]
pub(super) struct Registry {
    cache: Cache,
    interpreters: Option<Vec<Interpreter>>,
    releases: HashMap<(String, Option<Version>), Vec<Version>>,
    /// The output with which pip refused a release of a package. It lists the requirements of all releases.
    refusals: HashMap<String, String>,
}

impl Registry {
    pub(super) fn new(cache: Cache) -> Self {
        Self {
            cache,
            interpreters: None,
            releases: HashMap::new(),
            refusals: HashMap::new(),
        }
    }

    /// The interpreters that can make virtual environments, newest first; at least one.
    pub(super) fn interpreters(
        &mut self,
        monitor: &mut Monitor<'_>,
    ) -> Result<&[Interpreter], Error> {
        if self.interpreters.is_none() {
            let found = python::find(monitor)?;
            if found.is_empty() {
                return Err(Error::NoPython);
            }
            let usable: Vec<_> = found
                .iter()
                .filter(|it| it.can_make_venvs())
                .cloned()
                .collect();
            if usable.is_empty() {
                return Err(Error::NoVenv {
                    found: paths(&found),
                });
            }
            self.interpreters = Some(usable);
        }
        Ok(self.interpreters.as_deref().unwrap_or_default())
    }

    /// All releases of `package`, oldest first; with `python`, those that allow it.
    pub(super) fn releases(
        &mut self,
        package: &str,
        python: Option<&Version>,
        monitor: &mut Monitor<'_>,
    ) -> Result<Vec<Version>, Error> {
        let key = (package.to_owned(), python.cloned());
        if let Some(known) = self.releases.get(&key) {
            return Ok(known.clone());
        }
        let asking = listing_interpreter(self.interpreters(monitor)?)?.clone();
        monitor.tell(Progress::AskingIndex {
            package: package.to_owned(),
        });
        let releases = ask(&self.pip(&asking), package, python, monitor)?;
        self.releases.insert(key, releases.clone());
        Ok(releases)
    }

    fn pip<'a>(&'a self, interpreter: &'a Interpreter) -> Pip<'a> {
        Pip {
            interpreter,
            python: &interpreter.path,
            cache: &self.cache,
            holding: None,
        }
    }

    /// The best interpreter that `release` allows.
    pub(super) fn fitting(
        &mut self,
        pm: &str,
        recipe: &Recipe,
        release: &Version,
        monitor: &mut Monitor<'_>,
    ) -> Result<Interpreter, Error> {
        let package = recipe
            .package
            .as_deref()
            .ok_or(Error::NotInRegistry { pm: pm.to_owned() })?;
        let interpreters = self.interpreters(monitor)?.to_vec();
        let ranked = recipe.rank(release, &interpreters);
        for interpreter in &ranked {
            let python = Some(&interpreter.version);
            if self.releases(package, python, monitor)?.contains(release) {
                return Ok((*interpreter).clone());
            }
            self.check_known(pm, package, release, monitor)?;
        }
        self.check_known(pm, package, release, monitor)?;
        let requires = match recipe.undeclared(release) {
            Some(requires) if ranked.is_empty() => requires,
            _ => self.requirement(&interpreters[0], package, release, monitor)?,
        };
        Err(Error::NoFittingPython {
            pm: pm.to_owned(),
            release: release.clone(),
            requires,
            found: paths(&interpreters),
        })
    }

    fn check_known(
        &mut self,
        pm: &str,
        package: &str,
        release: &Version,
        monitor: &mut Monitor<'_>,
    ) -> Result<(), Error> {
        let all = self.releases(package, None, monitor)?;
        if all.contains(release) {
            return Ok(());
        }
        Err(Error::UnknownRelease {
            pm: pm.to_owned(),
            release: release.clone(),
            near: neighbours(release, &all),
        })
    }

    /// The Python that `release` requires, for a message. pip prints it for all releases when it refuses one.
    fn requirement(
        &mut self,
        interpreter: &Interpreter,
        package: &str,
        release: &Version,
        monitor: &Monitor<'_>,
    ) -> Result<String, Error> {
        let known = |text: &String| parse_requirement(text, release);
        if let Some(requires) = self.refusals.get(package).and_then(known) {
            return Ok(requires);
        }
        let pip = self.pip(interpreter);
        let requirement = format!("{package}=={release}");
        let nowhere = self.cache.scratch()?;
        let dir = nowhere.path().to_string_lossy();
        let arguments = ["download", "--no-deps", "--dest", &dir, &requirement];
        let step = format!("asking what {requirement} requires");
        let text = pip.run(&arguments, &step, monitor)?.stderr;
        let requires = known(&text).unwrap_or_else(|| "another version".to_owned());
        self.refusals.insert(package.to_owned(), text);
        Ok(requires)
    }

    /// The newest release that some interpreter of this machine runs; `newest` is the newest of all.
    pub(super) fn newest_runnable(
        &mut self,
        package: &str,
        newest: &Version,
        monitor: &mut Monitor<'_>,
    ) -> Result<Option<Version>, Error> {
        let pythons: Vec<_> = self
            .interpreters(monitor)?
            .iter()
            .map(|it| it.version.clone())
            .collect();
        let mut best = None;
        for python in pythons {
            let releases = self.releases(package, Some(&python), monitor)?;
            best = best.max(Pick::Latest.among(&releases).pop());
            if best.as_ref() == Some(newest) {
                break;
            }
        }
        Ok(best)
    }
}

/// Asks the package index for the releases of `package`, with pip.
fn ask(
    pip: &Pip<'_>,
    package: &str,
    python: Option<&Version>,
    monitor: &Monitor<'_>,
) -> Result<Vec<Version>, Error> {
    let python = python.map(ToString::to_string);
    let mut arguments = vec!["index", "versions", package];
    match &python {
        Some(python) => arguments.extend(["--python-version", python]),
        None => arguments.push("--ignore-requires-python"),
    }
    let step = format!("asking the package index for {package}");
    let output = pip.run(&arguments, &step, monitor)?;
    if output.status.success() {
        return Ok(parse_releases(&output.stdout));
    }
    match classify(&output) {
        Failure::NothingFound if python.is_some() => Ok(Vec::new()),
        Failure::NothingFound => Err(Error::UnknownPackage {
            package: package.to_owned(),
        }),
        failure => Err(failure.into_error(package, &step, &std::env::temp_dir())),
    }
}

fn listing_interpreter(interpreters: &[Interpreter]) -> Result<&Interpreter, Error> {
    interpreters
        .iter()
        .filter(|it| {
            it.pip_version()
                .is_some_and(|pip| pip >= Version::new(LISTING_PIP))
        })
        .max_by_key(|it| it.pip_version())
        .ok_or_else(|| Error::NoVenv {
            found: format!("only Pythons with an old pip: {}", paths(interpreters)),
        })
}

fn paths(interpreters: &[Interpreter]) -> String {
    let words: Vec<_> = interpreters
        .iter()
        .map(|it| format!("{} ({})", it.version, it.path.display()))
        .collect();
    words.join(", ")
}

/// Parses `Available versions: 2.0, 1.0`.
fn parse_releases(text: &str) -> Vec<Version> {
    let list = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Available versions:"));
    let mut releases: Vec<Version> = list
        .unwrap_or_default()
        .split(',')
        .filter_map(|word| word.trim().parse().ok())
        .collect();
    releases.sort();
    releases
}

/// The releases nearest to one that does not exist, for a message.
fn neighbours(release: &Version, known: &[Version]) -> String {
    let at = known.partition_point(|it| it < release);
    let near: Vec<_> = known[at.saturating_sub(1)..known.len().min(at + 1)]
        .iter()
        .collect();
    let near: Vec<_> = near.iter().map(ToString::to_string).collect();
    match known.last() {
        Some(newest) if !near.contains(&newest.to_string()) => {
            format!("near are {}, the newest is {newest}", near.join(" and "))
        }
        Some(newest) => format!("the newest is {newest}, the oldest {}", known[0]),
        None => "it lists none".to_owned(),
    }
}

/// Parses `… 0.12.34 Requires-Python ~=3.12; 0.12.35 Requires-Python …`.
fn parse_requirement(text: &str, release: &Version) -> Option<String> {
    text.split([';', ':', '\n']).find_map(|part| {
        let (version, requires) = part.trim().split_once(" Requires-Python ")?;
        (version.parse::<Version>().ok()? == *release).then(|| requires.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(list: &[&str]) -> Vec<Version> {
        list.iter()
            .map(|version| version.parse().unwrap())
            .collect()
    }

    #[test]
    fn pips_list_is_read_oldest_first() {
        let text =
            "portage (3.0.83)\nAvailable versions: 3.0.83, 3.0.9, 3.0.45.3\n  INSTALLED: 3.0.9\n";
        assert_eq!(
            parse_releases(text),
            versions(&["3.0.9", "3.0.45.3", "3.0.83"])
        );
        assert_eq!(parse_releases("nothing"), []);
    }

    #[test]
    fn an_unknown_release_is_told_with_its_neighbours() {
        let known = versions(&["3.0.19", "3.0.20", "3.0.83"]);
        let near = |release: &str| neighbours(&release.parse().unwrap(), &known);
        assert_eq!(
            near("3.0.19.5"),
            "near are 3.0.19 and 3.0.20, the newest is 3.0.83"
        );
        assert_eq!(near("9.9"), "the newest is 3.0.83, the oldest 3.0.19");
        assert_eq!(near("1"), "near are 3.0.19, the newest is 3.0.83");
    }

    #[test]
    fn the_required_python_is_read_from_pips_refusal() {
        let text = "ERROR: Ignored the following versions that require a different python version: \
                    0.12.34 Requires-Python ~=3.12; 0.12.35 Requires-Python >=3.12,<4\nERROR: more";
        assert_eq!(
            parse_requirement(text, &"0.12.35".parse().unwrap()).unwrap(),
            ">=3.12,<4"
        );
        assert_eq!(
            parse_requirement(text, &"0.12.34".parse().unwrap()).unwrap(),
            "~=3.12"
        );
        assert_eq!(parse_requirement(text, &"0.13".parse().unwrap()), None);
    }
}

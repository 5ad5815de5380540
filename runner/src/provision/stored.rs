//! The releases in the cache.

use std::collections::BTreeMap;

use pep440_rs::Version;

use super::{
    Provenance, Provisioned,
    cache::{Cache, Entry},
    crates,
    error::Error,
    progress::Monitor,
    recipe::Recipe,
    spec::{Source, Spec},
    variant::Variant,
    venv::{Dependencies, Manifest},
};

/// The part of the cache that holds package managers.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) cache: Cache,
    pub(super) recipes: BTreeMap<String, Recipe>,
}

impl Stored {
    pub(super) fn recipe(&self, pm: &str) -> Result<&Recipe, Error> {
        self.recipes.get(pm).ok_or_else(|| Error::UnknownPm {
            name: pm.to_owned(),
            known: self.recipes.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    pub(super) fn entry(&self, pm: &str, release: &Version) -> Entry {
        self.cache.entry(&kind_of(pm), &release.to_string())
    }

    /// Removes what killed processes have left.
    pub(super) fn sweep(&self) {
        for pm in self.recipes.keys() {
            self.cache.sweep(&kind_of(pm));
        }
        self.cache.sweep("bash");
        self.cache.sweep("tools");
        self.cache.sweep_scratch();
    }

    /// The manifest of a release, if it is complete and its interpreter still exists and is suitable.
    pub(super) fn complete(&self, pm: &str, release: &Version) -> Option<Manifest> {
        let entry = self.entry(pm, release);
        let manifest: Manifest = entry.manifest()?;
        let python = &manifest.python.version;
        let will_do = self.recipe(pm).ok()?.starts_with(release, python);
        // Before dependencies of the day there were always the newest.
        let asked =
            manifest.packages.len() < 2 || manifest.dependencies != Dependencies::NotRecorded;
        (will_do && asked && entry.dir().join("bin/python").exists()).then_some(manifest)
    }

    /// The releases of `pm` in the cache, oldest first.
    pub(super) fn releases(&self, pm: &str) -> Vec<Version> {
        let names = self.cache.names(&kind_of(pm));
        let mut releases: Vec<Version> =
            names.iter().filter_map(|name| name.parse().ok()).collect();
        releases.retain(|release| self.entry(pm, release).is_complete());
        releases.sort();
        releases
    }

    /// A release in the cache.
    pub(super) fn get(&self, pm: &str, release: &Version) -> Result<Provisioned, Error> {
        let recipe = self.recipe(pm)?;
        if let Some(found) = recipe
            .in_rust
            .as_ref()
            .and_then(|_| crates::stored(&self.entry(pm, release), recipe))
        {
            return Ok(found);
        }
        let manifest = self
            .complete(pm, release)
            .ok_or_else(|| Error::NotInstalled {
                what: Spec::release(pm, release.clone()).to_string(),
            })?;
        Ok(from_manifest(&self.entry(pm, release), manifest, recipe))
    }

    /// A release in the cache, locked against removal while the result exists.
    pub(super) fn lease(
        &self,
        pm: &str,
        release: &Version,
        monitor: &mut Monitor<'_>,
    ) -> Result<Provisioned, Error> {
        self.get(pm, release)?;
        let lease = self.entry(pm, release).lease(monitor)?;
        // Read again, as it may have been removed before it was locked.
        Ok(Provisioned {
            lease: Some(lease),
            ..self.get(pm, release)?
        })
    }

    pub(super) fn list(&self) -> Vec<Provisioned> {
        let of_pm = |pm: &String| {
            let pm = pm.clone();
            self.releases(&pm)
                .into_iter()
                .filter_map(move |release| self.get(&pm, &release).ok())
        };
        self.recipes.keys().flat_map(of_pm).collect()
    }

    /// The releases in the cache that `spec` selects.
    pub(super) fn chosen(&self, spec: &Spec) -> Result<Vec<Version>, Error> {
        self.recipe(&spec.pm)?;
        let Source::Registry(picks) = &spec.source else {
            return Err(Error::NotInCache {
                spec: spec.to_string(),
            });
        };
        let here = self.releases(&spec.pm);
        let mut chosen: Vec<_> = picks.iter().flat_map(|pick| pick.among(&here)).collect();
        chosen.sort();
        chosen.dedup();
        if chosen.is_empty() {
            return Err(Error::NotInstalled {
                what: spec.to_string(),
            });
        }
        Ok(chosen)
    }

    /// Removes the releases that `spec` selects; returns which.
    pub(super) fn remove(&self, spec: &Spec) -> Result<Vec<Spec>, Error> {
        let mut removed = Vec::new();
        for release in self.chosen(spec)? {
            let entry = self.entry(&spec.pm, &release);
            let spec = Spec::release(&spec.pm, release);
            if !entry.is_complete() {
                return Err(Error::NotInstalled {
                    what: spec.to_string(),
                });
            }
            entry.remove()?;
            removed.push(spec);
        }
        Ok(removed)
    }
}

fn kind_of(pm: &str) -> String {
    format!("pm/{pm}")
}

fn from_manifest(entry: &Entry, manifest: Manifest, recipe: &Recipe) -> Provisioned {
    let prefix = entry.dir().to_owned();
    let bin = prefix.join("bin");
    let others = manifest.packages.iter();
    let others = others.filter(|it| Some(&it.name) != recipe.package.as_ref());
    Provisioned {
        dependencies: others
            .map(|it| (it.name.clone(), it.version.clone()))
            .collect(),
        notes: notes(&manifest),
        spec: Spec::release(&manifest.pm, manifest.version.clone()),
        pm: manifest.pm,
        version: manifest.version.to_string(),
        kind: Provenance::Registry,
        program: bin.join(&recipe.program),
        python: Some(manifest.python),
        site_packages: Some(prefix.join(&manifest.site_packages)),
        lease: None,
        bin,
        prefix,
    }
}

/// What readers of results should know of how it was installed.
fn notes(manifest: &Manifest) -> Vec<String> {
    let variant = Variant::of(&manifest.version).unwrap_or_default();
    let mut notes = Vec::new();
    if variant.native {
        notes.push("It was built from its sources, with its C modules.".to_owned());
    }
    match &manifest.dependencies {
        _ if manifest.packages.len() < 2 => {}
        Dependencies::Before(day) => {
            notes.push(format!(
                "Its dependencies are the newest of {day}, when it was published."
            ));
        }
        Dependencies::Newest => notes.push(format!(
            "Its dependencies are the newest of {}.",
            manifest.installed_at
        )),
        Dependencies::Unknown(reason) => notes.push(format!(
            "Its dependencies are the newest of {}, not those of its time: {reason}.",
            manifest.installed_at
        )),
        Dependencies::NotRecorded => {}
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn put(stored: &Stored, release: &str) {
        let manifest = serde_json::json!({
            "pm": "portage", "version": release, "python": { "path": "/py", "version": "3.11.2" },
            "requires_python": null, "installed_at": "", "site_packages": "lib/python3.11/site-packages",
            "packages": [],
        });
        let dir = stored.cache.root().join("pm/portage").join(release);
        fs::create_dir_all(dir.join("bin")).unwrap();
        symlink("/bin/sh", dir.join("bin/python")).unwrap();
        fs::write(dir.join("manifest.json"), manifest.to_string()).unwrap();
    }

    fn with_releases(releases: &[&str], test: impl FnOnce(&Stored)) {
        let dir = tempfile::tempdir().unwrap();
        let stored = Stored {
            cache: Cache::at(dir.path()).unwrap(),
            recipes: Recipe::bundled(),
        };
        for release in releases {
            put(&stored, release);
        }
        test(&stored);
    }

    fn texts(specs: &[Spec]) -> Vec<String> {
        specs.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn releases_are_listed_oldest_first() {
        with_releases(&["3.0.83", "3.0.9", "3.0.45.3"], |stored| {
            let versions: Vec<_> = stored.list().into_iter().map(|it| it.version).collect();
            assert_eq!(versions, ["3.0.9", "3.0.45.3", "3.0.83"]);
        });
    }

    #[test]
    fn what_a_specification_chooses_is_removed_and_nothing_else() {
        with_releases(&["1.0", "1.1", "2.0"], |stored| {
            let removed = stored.remove(&"portage@1.0..1.9".parse().unwrap()).unwrap();
            assert_eq!(texts(&removed), ["portage@1.0", "portage@1.1"]);
            assert_eq!(stored.list().len(), 1);
            for absent in ["portage@1.0", "portage@1.0..1.9", "pkgcore@all"] {
                let error = stored.remove(&absent.parse().unwrap()).unwrap_err();
                assert!(
                    matches!(error, Error::NotInstalled { .. }),
                    "{absent}: {error}"
                );
            }
            let error = stored
                .remove(&"portage:/somewhere".parse().unwrap())
                .unwrap_err();
            assert!(matches!(error, Error::NotInCache { .. }));
        });
    }

    #[test]
    fn a_release_whose_interpreter_is_gone_does_not_count() {
        with_releases(&["1.0"], |stored| {
            let python = stored.cache.root().join("pm/portage/1.0/bin/python");
            fs::remove_file(&python).unwrap();
            symlink("/nonexistent", &python).unwrap();
            assert!(stored.list().is_empty());
        });
    }
}

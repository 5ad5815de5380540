//! The provisioner: turns specifications of the user into package managers that can be run.

use std::collections::BTreeMap;

use pep440_rs::Version;

use super::{
    Provisioned,
    cache::Cache,
    crates,
    error::Error,
    local,
    order::{Order, Planner},
    place::Place,
    progress::{Monitor, Progress},
    recipe::Recipe,
    registry::Registry,
    side_by_side::{Count, side_by_side},
    spec::{Pick, Source, Spec},
    stored::Stored,
    variant::Variant,
};

/// Finds and installs package managers.
pub struct Provisioner<'a> {
    stored: Stored,
    registry: Registry,
    monitor: Monitor<'a>,
    fresh_dependencies: bool,
    place: Place,
}

impl<'a> Provisioner<'a> {
    /// Works in `cache`, with recipes for the known package managers.
    ///
    /// Removes what killed runs have left there.
    pub fn new(cache: Cache, recipes: BTreeMap<String, Recipe>, monitor: Monitor<'a>) -> Self {
        let registry = Registry::new(cache.clone());
        let stored = Stored { cache, recipes };
        stored.sweep();
        Self {
            stored,
            registry,
            monitor,
            fresh_dependencies: false,
            place: Place::Machine,
        }
    }

    /// Whether releases get the newest dependencies, and not those of the day on which they were published.
    pub fn fresh_dependencies(&mut self, fresh: bool) {
        self.fresh_dependencies = fresh;
    }

    /// Looks for package managers on PATH in another root.
    pub fn look_in(&mut self, place: Place) {
        self.place = place;
    }

    /// Where package managers on PATH are looked for.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The cache and the monitor, for provisioning other things.
    pub fn parts(&mut self) -> (&Cache, &mut Monitor<'a>) {
        (&self.stored.cache, &mut self.monitor)
    }

    /// The recipe of a package manager.
    pub fn recipe(&self, pm: &str) -> Result<&Recipe, Error> {
        self.stored.recipe(pm)
    }

    /// The specifications to test: those asked for; if there are none, the package managers on PATH; if there are
    /// none, the newest releases of those that the package index has.
    pub fn or_defaults(&self, asked: &[Spec]) -> Vec<Spec> {
        if !asked.is_empty() {
            return asked.to_vec();
        }
        let recipes = &self.stored.recipes;
        let here = recipes
            .iter()
            .filter(|(_, recipe)| self.place.which(&recipe.program).is_some());
        let here: Vec<_> = here.map(|(pm, _)| Spec::on_path(pm)).collect();
        if !here.is_empty() {
            return here;
        }
        let indexed = recipes
            .iter()
            .filter(|(_, recipe)| recipe.package.is_some());
        indexed.map(|(pm, _)| Spec::latest(pm)).collect()
    }

    /// Provides every package manager that `specs` stand for. If one fails, the error is returned after the others have
    /// been provided.
    pub fn install(&mut self, specs: &[Spec]) -> Result<Vec<Provisioned>, Error> {
        let (exact, notes): (Vec<_>, Vec<_>) = self.expand(specs)?.into_iter().unzip();
        let list = self.install_each(&exact)?.into_iter();
        list.zip(notes)
            .map(|(provisioned, notes)| {
                let mut provisioned = provisioned?;
                provisioned.notes.extend(notes);
                Ok(provisioned)
            })
            .collect()
    }

    /// The exact specifications that `specs` stand for, in their order, each once, with notes on the choice for
    /// readers of results.
    ///
    /// Exact releases, PATH and directories are not looked up.
    pub fn expand(&mut self, specs: &[Spec]) -> Result<Vec<(Spec, Vec<String>)>, Error> {
        let mut all: Vec<(Spec, Vec<String>)> = Vec::new();
        for spec in specs {
            let mut notes = Vec::new();
            for exact in self.expand_one(spec, &mut notes)? {
                if all.iter().all(|(known, _)| *known != exact) {
                    all.push((exact, notes.clone()));
                }
            }
        }
        Ok(all)
    }

    fn expand_one(&mut self, spec: &Spec, notes: &mut Vec<String>) -> Result<Vec<Spec>, Error> {
        let recipe = self.recipe(&spec.pm)?;
        let (package, in_rust) = (recipe.package.clone(), recipe.in_rust.clone());
        let Source::Registry(picks) = &spec.source else {
            return Ok(vec![spec.clone()]);
        };
        if let Some(package) = in_rust {
            let releases = picks
                .iter()
                .map(|pick| crates::pick(&spec.pm, &package, pick, &mut self.monitor));
            return releases
                .map(|it| Ok(Spec::release(&spec.pm, it?)))
                .collect();
        }
        let package = package.ok_or_else(|| Error::NotInRegistry {
            pm: spec.pm.clone(),
        })?;
        let mut specs = Vec::new();
        for pick in picks {
            let mut releases = self.pick(&spec.pm, &package, pick, notes)?;
            if self.fresh_dependencies {
                releases = releases.into_iter().map(Variant::fresh).collect();
            }
            specs.extend(releases.into_iter().map(|it| Spec::release(&spec.pm, it)));
        }
        Ok(specs)
    }

    fn pick(
        &mut self,
        pm: &str,
        package: &str,
        pick: &Pick,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Version>, Error> {
        match pick {
            Pick::Exactly(release) => return Ok(vec![release.clone()]),
            Pick::Latest => return self.latest(pm, package, notes).map(|it| vec![it]),
            Pick::All | Pick::Range(..) => {}
        }
        let known = self.registry.releases(package, None, &mut self.monitor)?;
        let picked = pick.among(&known);
        if picked.is_empty() {
            let newest = known
                .last()
                .map_or_else(|| "none".to_owned(), ToString::to_string);
            return Err(Error::NothingPicked {
                spec: format!("{pm}@{pick}"),
                newest,
            });
        }
        Ok(picked)
    }

    /// The newest release that an interpreter of this machine runs; without a network, the newest in the cache.
    fn latest(
        &mut self,
        pm: &str,
        package: &str,
        notes: &mut Vec<String>,
    ) -> Result<Version, Error> {
        let known = match self.registry.releases(package, None, &mut self.monitor) {
            Err(error @ Error::Network { .. }) => {
                let cached = Pick::Latest
                    .among(&self.stored.releases(pm))
                    .pop()
                    .ok_or(error)?;
                self.note(notes, format!("the package index cannot be reached: {pm} {cached} is the newest in the cache"));
                return Ok(cached);
            }
            result => result?,
        };
        let newest = Pick::Latest
            .among(&known)
            .pop()
            .ok_or_else(|| Error::UnknownPackage {
                package: package.to_owned(),
            })?;
        if self.stored.complete(pm, &newest).is_some() {
            return Ok(newest);
        }
        match self
            .registry
            .newest_runnable(package, &newest, &mut self.monitor)?
        {
            Some(taken) if taken != newest => {
                self.note(notes, format!("{pm} {newest} needs a Python that is not here: {taken} is the newest that runs"));
                Ok(taken)
            }
            _ => Ok(newest),
        }
    }

    fn note(&mut self, notes: &mut Vec<String>, text: String) {
        self.monitor.tell(Progress::Note(text.clone()));
        notes.push(text);
    }

    /// Provides the package manager of each exact specification, or the reason why it cannot. Releases that are not
    /// in the cache are installed at the same time.
    ///
    /// # Errors
    /// A missing directory or program, which is an error of usage, and an error that would occur for every release.
    pub fn install_each(
        &mut self,
        specs: &[Spec],
    ) -> Result<Vec<Result<Provisioned, Error>>, Error> {
        let mut ends = Vec::new();
        for spec in specs {
            ends.push(self.have(spec)?);
        }
        let absent = |end: &&mut Option<_>| end.is_none();
        let mut orders = Vec::new();
        let mut planner = Planner::default();
        for (end, spec) in ends.iter_mut().zip(specs).filter(|(end, _)| absent(end)) {
            match planner.order(spec, &mut self.registry, &self.stored, &mut self.monitor) {
                Ok(order) => orders.push(order),
                Err(error) if error.concerns_all() => return Err(error),
                Err(error) => *end = Some(Err(error)),
            }
        }
        let count = Count::new(specs.len(), ends.iter().flatten().map(Result::is_ok));
        let make = |order: &Order, monitor: &mut Monitor<'_>| order.fulfil(&self.stored, monitor);
        let mut made = side_by_side(&orders, count, make, &mut self.monitor)?.into_iter();
        let ends = ends.into_iter().map(|end| end.or_else(|| made.next()));
        Ok(ends.flatten().collect())
    }

    /// The package manager of an exact `spec`, if nothing has to be installed for it.
    fn have(&mut self, spec: &Spec) -> Result<Option<Result<Provisioned, Error>>, Error> {
        let recipe = self.stored.recipe(&spec.pm)?;
        match &spec.source {
            Source::Path => {
                local::on_path(spec, recipe, &self.place, &mut self.monitor).map(|it| Some(Ok(it)))
            }
            Source::Dir(dir) => {
                local::in_dir(spec, dir, recipe, &mut self.monitor).map(|it| Some(Ok(it)))
            }
            Source::Registry(_) => {
                let release = spec.exact_release().ok_or_else(|| Error::several(spec))?;
                if let Some(package) = &recipe.in_rust {
                    let entry = self.stored.entry(&spec.pm, release);
                    let what = (&spec.pm[..], &package[..], release);
                    let with = (&self.stored.cache, recipe);
                    return match crates::provide(what, &entry, with, &mut self.monitor) {
                        Err(error) if error.concerns_all() => Err(error),
                        result => Ok(Some(result)),
                    };
                }
                match self.stored.lease(&spec.pm, release, &mut self.monitor) {
                    Err(Error::NotInstalled { .. }) => Ok(None),
                    Err(error) if error.concerns_all() => Err(error),
                    result => Ok(Some(result)),
                }
            }
        }
    }

    /// The releases in the cache.
    pub fn list(&self) -> Vec<Provisioned> {
        self.stored.list()
    }

    /// The package managers on PATH.
    pub fn on_path(&mut self) -> Result<Vec<Provisioned>, Error> {
        let mut list = Vec::new();
        for (pm, recipe) in &self.stored.recipes {
            match local::on_path(&Spec::on_path(pm), recipe, &self.place, &mut self.monitor) {
                Err(Error::NotOnPath { .. }) => {}
                result => list.push(result?),
            }
        }
        Ok(list)
    }

    /// The package managers of `spec` that are already on this machine. Nothing is installed, and no network is used.
    pub fn find(&mut self, spec: &Spec) -> Result<Vec<Provisioned>, Error> {
        if !matches!(spec.source, Source::Registry(_)) {
            return self.install(std::slice::from_ref(spec));
        }
        let chosen = self.stored.chosen(spec)?;
        chosen
            .iter()
            .map(|release| self.stored.get(&spec.pm, release))
            .collect()
    }

    /// Removes the releases of `spec` from the cache; returns which.
    pub fn remove(&mut self, spec: &Spec) -> Result<Vec<Spec>, Error> {
        self.stored.remove(spec)
    }
}

//! From what the user asked for to package managers that run.

use std::collections::BTreeMap;

use pep440_rs::Version;

use super::{
    Provisioned,
    cache::Cache,
    error::Error,
    local,
    progress::{Monitor, Progress},
    recipe::Recipe,
    registry::Registry,
    spec::{Pick, Source, Spec},
    stored::Stored,
    venv,
};

/// Finds and installs package managers.
pub struct Provisioner<'a> {
    stored: Stored,
    registry: Registry,
    monitor: Monitor<'a>,
}

impl<'a> Provisioner<'a> {
    /// Works below `cache`, with the recipes of the package managers known.
    ///
    /// Removes what killed runs left there.
    pub fn new(cache: Cache, recipes: BTreeMap<String, Recipe>, monitor: Monitor<'a>) -> Self {
        let registry = Registry::new(cache.clone());
        let stored = Stored { cache, recipes };
        stored.sweep();
        Self {
            stored,
            registry,
            monitor,
        }
    }

    /// The cache, and the monitor for what else is provisioned.
    pub fn parts(&mut self) -> (&Cache, &mut Monitor<'a>) {
        (&self.stored.cache, &mut self.monitor)
    }

    /// The recipe of a package manager.
    pub fn recipe(&self, pm: &str) -> Result<&Recipe, Error> {
        self.stored.recipe(pm)
    }

    /// What to test where nothing was asked for: the package managers on PATH, else the newest
    /// releases of those that the package index carries.
    pub fn defaults(&self) -> Vec<Spec> {
        let recipes = &self.stored.recipes;
        let here = recipes
            .iter()
            .filter(|(_, recipe)| which::which(&recipe.program).is_ok());
        let here: Vec<_> = here.map(|(pm, _)| Spec::on_path(pm)).collect();
        if !here.is_empty() {
            return here;
        }
        let indexed = recipes
            .iter()
            .filter(|(_, recipe)| recipe.package.is_some());
        indexed.map(|(pm, _)| Spec::latest(pm)).collect()
    }

    /// Everything that `spec` stands for, ready to run. One that fails fails the whole.
    pub fn install(&mut self, spec: &Spec) -> Result<Vec<Provisioned>, Error> {
        let mut notes = Vec::new();
        let specs = self.expand(spec, &mut notes)?;
        let mut list = Vec::new();
        for spec in &specs {
            let mut provisioned = self.install_one(spec)?;
            provisioned.notes.extend(notes.iter().cloned());
            list.push(provisioned);
        }
        Ok(list)
    }

    /// The exact specifications that `spec` stands for, in its order, each once.
    ///
    /// Exact releases, PATH and directories are not looked up anywhere. `notes` gets what a reader of
    /// results must know of the choice.
    pub fn expand(&mut self, spec: &Spec, notes: &mut Vec<String>) -> Result<Vec<Spec>, Error> {
        let package = self.recipe(&spec.pm)?.package.clone();
        let Source::Registry(picks) = &spec.source else {
            return Ok(vec![spec.clone()]);
        };
        let package = package.ok_or_else(|| Error::NotInRegistry {
            pm: spec.pm.clone(),
        })?;
        let mut specs: Vec<Spec> = Vec::new();
        for pick in picks {
            for release in self.pick(&spec.pm, &package, pick, notes)? {
                let spec = Spec::release(&spec.pm, release);
                if !specs.contains(&spec) {
                    specs.push(spec);
                }
            }
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

    /// The newest release that an interpreter here runs; without a network, the newest in the cache.
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

    /// The one thing that an exact `spec` stands for, ready to run.
    pub fn install_one(&mut self, spec: &Spec) -> Result<Provisioned, Error> {
        let recipe = self.recipe(&spec.pm)?.clone();
        match &spec.source {
            Source::Path => local::on_path(spec, &recipe, &mut self.monitor),
            Source::Dir(dir) => local::in_dir(spec, dir, &recipe, &mut self.monitor),
            Source::Registry(picks) => match picks.as_slice() {
                [Pick::Exactly(release)] => self.have_release(&spec.pm, release, &recipe),
                _ => Err(Error::Several {
                    spec: spec.to_string(),
                }),
            },
        }
    }

    fn have_release(
        &mut self,
        pm: &str,
        release: &Version,
        recipe: &Recipe,
    ) -> Result<Provisioned, Error> {
        loop {
            match self.stored.lease(pm, release, &mut self.monitor) {
                Err(Error::NotInstalled { .. }) => self.make(pm, release, recipe)?,
                result => return result,
            }
        }
    }

    fn make(&mut self, pm: &str, release: &Version, recipe: &Recipe) -> Result<(), Error> {
        self.stored.cache.check_writable()?;
        let entry = self.stored.entry(pm, release);
        let lock = entry.lock(&mut self.monitor)?;
        if self.stored.complete(pm, release).is_some() {
            return Ok(());
        }
        let interpreter = self
            .registry
            .fitting(pm, recipe, release, &mut self.monitor)?;
        self.monitor.tell(Progress::Installing {
            what: format!("{pm}@{release}"),
            python: interpreter.version.to_string(),
        });
        let order = venv::Order {
            pm,
            package: recipe.package.as_deref().unwrap_or(pm),
            release,
            module: recipe.module(),
            program: &recipe.program,
            interpreter: &interpreter,
            cache: &self.stored.cache,
        };
        let unfinished = entry.begin(&lock)?;
        let manifest = venv::make(&order, &unfinished, &lock, &self.monitor)?;
        unfinished.finish(&manifest)
    }

    /// The releases in the cache.
    pub fn list(&self) -> Vec<Provisioned> {
        self.stored.list()
    }

    /// The package managers on PATH.
    pub fn on_path(&mut self) -> Result<Vec<Provisioned>, Error> {
        let mut list = Vec::new();
        for (pm, recipe) in &self.stored.recipes {
            match local::on_path(&Spec::on_path(pm), recipe, &mut self.monitor) {
                Err(Error::NotOnPath { .. }) => {}
                result => list.push(result?),
            }
        }
        Ok(list)
    }

    /// What `spec` stands for, where it is here already: nothing is installed, no network is asked.
    pub fn find(&mut self, spec: &Spec) -> Result<Vec<Provisioned>, Error> {
        if !matches!(spec.source, Source::Registry(_)) {
            return self.install(spec);
        }
        let chosen = self.stored.chosen(spec)?;
        chosen
            .iter()
            .map(|release| self.stored.get(&spec.pm, release))
            .collect()
    }

    /// Removes the releases of `spec` from the cache; says which.
    pub fn remove(&mut self, spec: &Spec) -> Result<Vec<Spec>, Error> {
        self.stored.remove(spec)
    }
}

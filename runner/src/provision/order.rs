//! Adds releases to the cache in two steps. First one thread chooses the interpreter of every release, and asks the
//! package index only once; then each release can be installed independently.

use std::collections::HashMap;

use pep440_rs::Version;

use super::{
    Provisioned,
    error::Error,
    progress::{Monitor, Progress},
    python::Interpreter,
    registry::Registry,
    spec::Spec,
    stored::Stored,
    uv::Uv,
    variant::Variant,
    venv,
};

/// A release to install.
#[derive(Debug)]
pub(super) struct Order {
    pm: String,
    release: Version,
    interpreter: Interpreter,
}

/// Makes orders. A package index that could not be reached is not asked again for the same package.
#[derive(Debug, Default)]
pub(super) struct Planner {
    unreachable: HashMap<String, String>,
}

impl Planner {
    pub(super) fn order(
        &mut self,
        spec: &Spec,
        registry: &mut Registry,
        stored: &Stored,
        monitor: &mut Monitor<'_>,
    ) -> Result<Order, Error> {
        let (pm, release) = (
            &spec.pm,
            spec.exact_release().ok_or_else(|| Error::several(spec))?,
        );
        // A cache that cannot be written is an error before the network is used.
        stored.cache.check_writable()?;
        let recipe = stored.recipe(pm)?;
        let package = recipe.package.as_ref().unwrap_or(pm);
        if let Some(detail) = self.unreachable.get(package) {
            return Err(Error::Network {
                package: package.clone(),
                detail: detail.clone(),
            });
        }
        let published = release.clone().without_local();
        let fitting = registry.fitting(pm, recipe, &published, monitor);
        if let Err(Error::Network { package, detail }) = &fitting {
            self.unreachable.insert(package.clone(), detail.clone());
        }
        Ok(Order {
            pm: pm.clone(),
            release: release.clone(),
            interpreter: fitting?,
        })
    }
}

impl Order {
    /// Installs the release unless another process has done so meanwhile, and locks it against removal.
    pub(super) fn fulfil(
        &self,
        stored: &Stored,
        monitor: &mut Monitor<'_>,
    ) -> Result<Provisioned, Error> {
        loop {
            self.make(stored, monitor)?;
            match stored.lease(&self.pm, &self.release, monitor) {
                // Another process removed it between the two calls.
                Err(Error::NotInstalled { .. }) => {}
                result => return result,
            }
        }
    }

    fn make(&self, stored: &Stored, monitor: &mut Monitor<'_>) -> Result<(), Error> {
        let (pm, release, interpreter) = (&self.pm, &self.release, &self.interpreter);
        let recipe = stored.recipe(pm)?;
        let entry = stored.entry(pm, release);
        let lock = entry.lock(monitor)?;
        if stored.complete(pm, release).is_some() {
            return Ok(());
        }
        monitor.tell(Progress::Installing {
            what: format!("{pm}@{release}"),
            python: interpreter.version.to_string(),
        });
        let variant = Variant::of(release).unwrap_or_default();
        if variant.native
            && ["cc", "gcc", "clang"]
                .iter()
                .all(|cc| which::which(cc).is_err())
        {
            let detail = "this machine has no C compiler (cc, gcc or clang): install one";
            return Err(Error::step(format!("building {pm}@{release}"), detail));
        }
        let uv = match Uv::provide(interpreter, &stored.cache, monitor) {
            Err(error) if error.concerns_all() => return Err(error),
            result => result.map_err(|error| error.to_string()),
        };
        let order = venv::Order {
            variant,
            uv: &uv,
            pm,
            package: recipe.package.as_deref().unwrap_or(pm),
            release,
            module: recipe.module(),
            program: &recipe.program,
            interpreter,
            cache: &stored.cache,
        };
        let unfinished = entry.begin(&lock)?;
        let manifest = venv::make(&order, &unfinished, &lock, monitor)?;
        unfinished.finish(&manifest)
    }
}

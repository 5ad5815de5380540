//! Watches which functions of package managers each build uses.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use pmsts_reports::record::Results;

use crate::affected::Map;
use crate::provision::{Cache, Provisioner};
use crate::record::events::{RunEvent, Sink};
use crate::run;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::trace::Place;

/// What each build used, by position of the target.
type Used = BTreeMap<usize, BTreeMap<String, BTreeSet<Place>>>;

/// A sink that collects what builds use.
#[derive(Default)]
struct Collect(Rc<RefCell<Used>>);

impl Sink for Collect {
    fn event(&mut self, event: &RunEvent<'_>) {
        if let RunEvent::Used {
            target,
            build,
            places,
        } = event
        {
            let mut used = self.0.borrow_mut();
            let of = used.entry(*target).or_default().entry((*build).to_owned());
            of.or_default().extend(places.iter().cloned());
        }
    }
}

/// Runs the cases, each build in a call of its own, and keeps what they use. Returns the record, whose verdicts say
/// nothing, as ebuilds can see the tracers, and the maps of the package managers.
pub fn map<'a>(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    sinks: impl Fn() -> Vec<Box<dyn Sink + 'a>>,
) -> Result<(Results, Vec<Map>), RunError> {
    let config = RunConfig {
        trace: true,
        batch: 1,
        cache: false,
        ..config.clone()
    };
    let used = Rc::default();
    let results = run::run(&config, provisioner, || {
        let mut all = sinks();
        all.push(Box::new(Collect(Rc::clone(&used))));
        all
    })?;
    let cache: Cache = provisioner.parts().0.clone();
    let mut maps: BTreeMap<String, Map> = BTreeMap::new();
    for (position, used) in used.take() {
        let target = &results.targets[position];
        let known = || Map::read(&cache, &target.pm).unwrap_or_else(|| Map::new(&target.pm));
        let map = maps.entry(target.pm.clone()).or_insert_with(known);
        map.take(&target.version, used);
    }
    for map in maps.values() {
        map.keep(&cache)?;
    }
    Ok((results, maps.into_values().collect()))
}

//! A sink that keeps the observations of builds, for callers that need more than the verdicts of a run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use pmsts_testcases::Observed;

use crate::record::events::{RunEvent, Sink};

/// Observations, by position of the target and name of the build.
type ByBuild = BTreeMap<(usize, String), Rc<Observed>>;

/// The observations; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observations(Rc<RefCell<ByBuild>>);

impl Observations {
    /// The latest observations of the build.
    pub(crate) fn of(&self, target: usize, build: &str) -> Option<Rc<Observed>> {
        self.0.borrow().get(&(target, build.to_owned())).cloned()
    }
}

impl Sink for Observations {
    fn event(&mut self, event: &RunEvent<'_>) {
        if let RunEvent::Build {
            target,
            build,
            observed,
            ..
        } = event
        {
            let seen = Rc::new((*observed).clone());
            self.0
                .borrow_mut()
                .insert((*target, build.name.clone()), seen);
        }
    }
}

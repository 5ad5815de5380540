//! Keeps what was observed of builds, for whoever needs more than verdicts of a run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use pmsts_testcases::Observed;

use crate::sink::{RunEvent, Sink};

/// By position of the domain and name of the build.
type ByBuild = BTreeMap<(usize, String), Rc<Observed>>;

/// What was observed; clones keep it together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Rc<RefCell<ByBuild>>);

impl Seen {
    /// What was observed last of the build.
    pub(crate) fn of(&self, domain: usize, build: &str) -> Option<Rc<Observed>> {
        self.0.borrow().get(&(domain, build.to_owned())).cloned()
    }
}

impl Sink for Seen {
    fn event(&mut self, event: &RunEvent<'_>) {
        if let RunEvent::Build {
            domain,
            build,
            observed,
        } = event
        {
            let seen = Rc::new((*observed).clone());
            self.0
                .borrow_mut()
                .insert((*domain, build.name.clone()), seen);
        }
    }
}

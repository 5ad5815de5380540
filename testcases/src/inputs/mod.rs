//! Which inputs each requirement about a command was tried with: the calls of the command in the builds of its cases.

mod calls;
mod class;
mod commands;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Serialize;

use crate::expand::{Expanded, Instance};
use crate::model::Build;
use crate::requirement::Requirement;
use crate::suite::Suite;
use calls::{Call, calls};
pub use class::Class;

/// Fewer inputs than this want a reason.
const ENOUGH: usize = 3;

/// The inputs of a requirement about a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inputs {
    /// The id of the requirement.
    pub requirement: String,
    /// The command.
    pub command: String,
    /// The number of calls that differ.
    pub inputs: usize,
    /// How many of them are of each class.
    pub classes: BTreeMap<Class, usize>,
    /// Why there are few.
    pub reason: Option<String>,
}

impl Inputs {
    /// Whether it has few inputs, and nobody says why.
    pub fn are_too_few(&self) -> bool {
        self.inputs < ENOUGH && self.reason.is_none()
    }
}

/// The inputs of the requirements about a command that `admit` accepts and a case verifies.
pub fn inputs(
    suite: &Suite,
    expanded: &Expanded,
    admit: impl Fn(&Requirement) -> bool,
) -> Vec<Inputs> {
    let mut instances: IndexMap<&str, Vec<&Instance>> = IndexMap::new();
    for instance in &expanded.instances {
        for id in &instance.requirements {
            instances.entry(id).or_default().push(instance);
        }
    }
    let about = suite.catalogue.values().filter(|r| admit(r));
    about
        .filter_map(|requirement| {
            let command = commands::of(&requirement.id)?;
            let instances = instances.get(requirement.id.as_str())?;
            let builds: BTreeSet<usize> = instances.iter().map(|i| i.build).collect();
            let builds = builds.iter().map(|index| &expanded.builds[*index].build);
            let calls = builds.flat_map(|build| of_build(build, &command)).collect();
            Some(summary(requirement, command, &calls))
        })
        .collect()
}

fn summary(requirement: &Requirement, command: String, calls: &BTreeSet<Call>) -> Inputs {
    let mut classes = BTreeMap::new();
    for class in calls.iter().flat_map(Class::of) {
        *classes.entry(class).or_default() += 1;
    }
    // The same arguments in another place are another input.
    let inputs: BTreeSet<_> = calls
        .iter()
        .map(|call| (&call.arguments, Class::of(call)))
        .collect();
    Inputs {
        requirement: requirement.id.clone(),
        command,
        inputs: inputs.len(),
        classes,
        reason: requirement.few_inputs.clone(),
    }
}

/// The calls of the command in all that a build has the shell do.
fn of_build(build: &Build, command: &str) -> Vec<Call> {
    let mut found = Vec::new();
    for ebuild in build.ebuilds.values() {
        let everywhere = [&ebuild.header, &ebuild.global];
        let shared: Vec<&String> = everywhere
            .into_iter()
            .chain(&ebuild.text)
            .chain(build.eclasses.values())
            .collect();
        let helpers: String = shared
            .iter()
            .flat_map(|text| [text.as_str(), "\n"])
            .collect();
        found.extend(calls(&helpers, "", command, None));
        for (phase, body) in &ebuild.phases {
            found.extend(calls(body, &helpers, command, Some(phase)));
        }
    }
    found
}

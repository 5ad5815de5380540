//! Describes how far a step got.

use super::observed::{Observed, StepEnd, StepObserved};
use crate::model::{Address, Build, What};

/// The beginning of the text on a step that succeeded.
pub(crate) const SUCCEEDED: &str = "the step succeeded";

/// The step that an address names.
pub(super) fn step<'a>(
    address: &Address,
    build: &'a Build,
    observed: &'a Observed,
) -> (&'a str, Option<&'a StepObserved>) {
    let name = address
        .step
        .as_deref()
        .and_then(|name| build.steps.iter().find(|s| s.name == name))
        .or(build.steps.first())
        .map_or("install", |s| s.name.as_str());
    (name, observed.steps.get(name))
}

/// How far a step got. It explains a missing observation.
pub(super) fn progress(name: &str, step: Option<&StepObserved>, ebuild: &str) -> String {
    let Some(step) = step else {
        return format!("step {name} was not reached");
    };
    let phases: Vec<String> = step
        .phases(ebuild)
        .map(|phase| match step.began_and_ended(ebuild, phase) {
            (_, true) => phase.to_owned(),
            (_, false) => format!("{phase} (did not end)"),
        })
        .collect();
    let got = if phases.is_empty() {
        "no phase ran".to_owned()
    } else {
        phases.join(", ")
    };
    match &step.end {
        StepEnd::Succeeded => format!("{SUCCEEDED}; seen: {got}"),
        StepEnd::Failed(how) => format!("the step failed ({how}); seen: {got}"),
        StepEnd::TimedOut(how) | StepEnd::Limit(how) | StepEnd::Broken(how) => {
            format!("{how}; seen: {got}")
        }
        StepEnd::NotReached => format!("step {name} was not reached"),
    }
}

/// Whether the observation is a state that only a finished step can show.
pub(super) fn is_state(what: &What) -> bool {
    matches!(
        what,
        What::File(_) | What::Vdb(_) | What::Metadata(_) | What::Installed
    )
}

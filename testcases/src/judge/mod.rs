//! Judges what was observed of an instance against what its case expects. Pure.

mod compare;
mod implied;

use crate::address::{Address, What};
use crate::expect::Check;
use crate::instance::Instance;
use crate::model::Build;
use crate::observed::{Observed, StepEnd, StepObserved};
use crate::verdict::{Compared, Judgement, Outcome, Verdict};

/// How the words on a step that succeeded begin.
pub(crate) const SUCCEEDED: &str = "the step succeeded";

/// The verdict on one instance.
///
/// What goes without saying is expected too: every step succeeds and leaves its packages installed
/// (or removed), unless the case says otherwise. A missing observation is never a pass.
pub fn judge(instance: &Instance, build: &Build, observed: &Observed) -> Judgement {
    if let Some(judgement) = broken(observed) {
        return judgement;
    }
    let mut compared = implied::compared(instance, build, observed);
    for (address, check) in &instance.expect {
        if matches!(check, Check::Ending(_)) {
            continue; // judged with the implied endings
        }
        compared.push(compare::compared(address, check, build, observed));
    }
    let (verdict, reason) = verdict(&compared, observed);
    Judgement {
        verdict,
        reason,
        compared,
    }
}

/// A fault of ours says nothing about the package manager.
fn broken(observed: &Observed) -> Option<Judgement> {
    observed
        .steps
        .iter()
        .find_map(|(name, step)| match &step.end {
            StepEnd::Broken(why) => Some(Judgement {
                verdict: Verdict::Error,
                reason: Some(format!("{name}: {why}")),
                compared: Vec::new(),
            }),
            _ => None,
        })
}

fn verdict(compared: &[Compared], observed: &Observed) -> (Verdict, Option<String>) {
    let has = |outcome| compared.iter().any(|f| f.outcome == outcome);
    let limit = observed
        .steps
        .iter()
        .find_map(|(name, step)| match &step.end {
            StepEnd::TimedOut(limit) => Some((Verdict::TimedOut, format!("{name}: {limit}"))),
            StepEnd::Limit(limit) => Some((Verdict::Failed, format!("{name}: {limit}"))),
            _ => None,
        });
    match limit {
        Some((verdict, limit)) => (verdict, Some(limit)),
        None if has(Outcome::Differs) => (Verdict::Failed, None),
        None if has(Outcome::Missing) => (Verdict::NotObserved, None),
        None if has(Outcome::Met) || compared.is_empty() => {
            let only_recorded = has(Outcome::Recorded)
                && compared.iter().all(|f| {
                    f.outcome == Outcome::Recorded
                        || implied::ADDRESSES.iter().any(|a| f.address.ends_with(a))
                });
            (
                if only_recorded {
                    Verdict::Recorded
                } else {
                    Verdict::Passed
                },
                None,
            )
        }
        None => (Verdict::Recorded, None),
    }
}

/// The step that an address speaks of.
fn step<'a>(
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

/// How far a step got, for whoever wonders why an observation is missing.
fn progress(name: &str, step: Option<&StepObserved>, ebuild: &str) -> String {
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

/// Whether an address speaks of something that only a finished step can show.
fn is_state(what: &What) -> bool {
    matches!(
        what,
        What::File(_) | What::Vdb(_) | What::Metadata(_) | What::Installed
    )
}

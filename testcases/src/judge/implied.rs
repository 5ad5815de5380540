//! Compares what is expected of every step without being written: its outcome, and which ebuilds are
//! installed after it.

use super::observed::{Observed, StepEnd, StepObserved};
use super::progress::{progress, step};
use super::verdict::{Compared, Outcome};
use crate::expand::Instance;
use crate::model::{Address, Build, Check, Ending, MAIN, Operation, Step, Value, What};

/// The ends of implied addresses.
pub(super) const ADDRESSES: [&str; 2] = ["outcome", "installed"];

/// A comparison for each step's ending, and one for each of its packages.
pub(super) fn compared(instance: &Instance, build: &Build, observed: &Observed) -> Vec<Compared> {
    let mut compared = Vec::new();
    let last = last_step(instance, build, observed);
    let mut before = None;
    for one in &build.steps[..=last] {
        let said = instance
            .expect
            .iter()
            .find_map(|(address, check)| match check {
                Check::Ending(ending) if speaks_of(address, build, observed, &one.name) => {
                    Some(ending)
                }
                _ => None,
            });
        let ending = said.cloned().unwrap_or_default();
        let seen = observed.steps.get(&one.name);
        let ended = outcome(one, &ending, seen);
        let as_expected = ended.outcome == Outcome::Met;
        compared.push(ended);
        let says_installed = |handle: &str| {
            instance.expect.iter().any(|(address, _)| {
                address.what == What::Installed
                    && address.ebuild() == handle
                    && speaks_of(address, build, observed, &one.name)
            })
        };
        let handles = one
            .packages
            .iter()
            .filter(|t| build.ebuilds.contains_key(*t));
        for handle in handles.filter(|h| !says_installed(h)) {
            compared.extend(installed(one, &ending, handle, (before, seen)));
        }
        before = seen;
        if !as_expected {
            // Later steps show nothing new after one that went wrong.
            break;
        }
    }
    compared
}

/// The last step that the case names. Later steps of a shared build do not concern it.
fn last_step(instance: &Instance, build: &Build, observed: &Observed) -> usize {
    let names = instance
        .expect
        .iter()
        .map(|(address, _)| step(address, build, observed).0);
    let positions = names.filter_map(|name| build.steps.iter().position(|s| s.name == name));
    positions
        .max()
        .unwrap_or_default()
        .min(build.steps.len().saturating_sub(1))
}

fn speaks_of(address: &Address, build: &Build, observed: &Observed, name: &str) -> bool {
    step(address, build, observed).0 == name
}

fn outcome(one: &Step, ending: &Ending, seen: Option<&StepObserved>) -> Compared {
    let package = one.packages.first().map_or(MAIN, String::as_str);
    let ebuild = if package.contains('/') { MAIN } else { package };
    let expected = match ending {
        Ending::Succeeds => "the step succeeds".to_owned(),
        Ending::Fails => "the step fails".to_owned(),
        Ending::Refused => "the step fails and no phase runs".to_owned(),
        Ending::Either => "the step succeeds or fails".to_owned(),
        Ending::Dies(phase) => format!("the step fails in {phase}, which begins and does not end"),
    };
    let address = format!("{}/outcome", one.name);
    let Some(seen) = seen.filter(|s| s.end != StepEnd::NotReached) else {
        return Compared {
            address,
            expected,
            exact: None,
            actual: None,
            outcome: Outcome::Missing,
            note: Some(progress(&one.name, None, ebuild)),
        };
    };
    let refuses = matches!(ending, Ending::Fails | Ending::Refused);
    if let Some(crash) = seen
        .crash
        .as_ref()
        .filter(|_| refuses && seen.end != StepEnd::Succeeded)
    {
        return Compared {
            address,
            expected: format!("{expected}, with a message"),
            exact: None,
            actual: Some(Value::from(format!("crashed: {crash}"))),
            outcome: Outcome::Differs,
            note: None,
        };
    }
    let met = match (ending, &seen.end) {
        (Ending::Succeeds | Ending::Either, StepEnd::Succeeded)
        | (Ending::Fails | Ending::Either, StepEnd::Failed(_)) => true,
        (Ending::Refused, StepEnd::Failed(_)) => seen.calls().next().is_none(),
        (Ending::Dies(phase), StepEnd::Failed(_)) => dies_in(seen, phase),
        _ => false,
    };
    let note = progress(&one.name, Some(seen), ebuild);
    Compared {
        address,
        expected,
        exact: None,
        actual: Some(Value::from(note.clone())),
        outcome: if met { Outcome::Met } else { Outcome::Differs },
        note: None,
    }
}

/// Some ebuild's phase began and did not end, and it is the last that began.
fn dies_in(seen: &StepObserved, phase: &str) -> bool {
    let ebuilds: Vec<&str> = seen.facts.iter().map(|f| f.ebuild.as_str()).collect();
    ebuilds
        .into_iter()
        .any(|e| seen.began_and_ended(e, phase) == (true, false))
}

/// Compares whether the package is installed after the step. Nothing is expected after a removal that
/// failed, or after an operation that neither installs nor removes.
fn installed(
    one: &Step,
    ending: &Ending,
    handle: &str,
    (before, seen): (Option<&StepObserved>, Option<&StepObserved>),
) -> Option<Compared> {
    let was = before.is_some_and(|before| before.vdb.contains_key(handle));
    let wanted = match (one.operation, ending) {
        (Operation::Package, _) => was,
        (operation, Ending::Succeeds) if operation.merges() => true,
        (Operation::Install, Ending::Refused) | (Operation::Uninstall, Ending::Succeeds) => false,
        // After a failure behind the merge the PMS does not say whether the package is installed.
        (Operation::Install, Ending::Dies(phase)) if !phase.starts_with("pkg_post") => false,
        _ => return None,
    };
    let seen = seen.filter(|s| s.end != StepEnd::NotReached)?;
    let actual = seen.vdb.contains_key(handle);
    let word = |yes: bool| if yes { "installed" } else { "not installed" };
    Some(Compared {
        address: format!("{}/{handle}:installed", one.name),
        expected: word(wanted).to_owned(),
        exact: None,
        actual: Some(Value::from(word(actual))),
        outcome: if actual == wanted {
            Outcome::Met
        } else {
            Outcome::Differs
        },
        note: None,
    })
}

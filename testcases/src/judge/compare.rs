//! Compares one observation with one expectation.

use super::file::file;
use super::observed::{Observed, StepEnd, StepObserved};
use super::progress::{is_state, progress, step};
use super::sent::{joined, sent};
use super::verdict::{Compared, Outcome};
use super::words::words;
use crate::model::{Address, Build, Check, Value, What};

/// Compares one expectation with the observation at its address.
pub(super) fn compared(
    address: &Address,
    check: &Check,
    build: &Build,
    observed: &Observed,
) -> Compared {
    let (name, seen) = step(address, build, observed);
    let seen = seen.filter(|s| s.end != StepEnd::NotReached);
    let mut compared = Compared {
        address: address.to_string(),
        expected: words(check),
        exact: None,
        actual: None,
        outcome: Outcome::Missing,
        note: None,
    };
    if let Some(seen) = seen {
        match (&address.what, check) {
            (What::File(path), Check::File(check)) => file(&mut compared, check, path, seen),
            (What::Installed, Check::Is(wanted)) => {
                let is_installed = seen.vdb.contains_key(address.ebuild());
                installed(&mut compared, *wanted, is_installed);
            }
            _ => values_sent(&mut compared, address, check, seen, |other| {
                step(other, build, observed).1
            }),
        }
    }
    if address.what == What::Output {
        compared.actual = compared.actual.as_ref().map(end_of);
    }
    if compared.outcome == Outcome::Missing && compared.note.is_none() {
        let what = if is_state(&address.what) {
            "not there; "
        } else {
            ""
        };
        compared.note = Some(format!("{what}{}", progress(name, seen, address.ebuild())));
    }
    compared
}

/// Compares the values at an address. `find` finds the step of the address to compare them with.
fn values_sent<'a>(
    compared: &mut Compared,
    address: &Address,
    check: &Check,
    seen: &StepObserved,
    find: impl Fn(&Address) -> Option<&'a StepObserved>,
) {
    let mut actual = values(address, seen);
    if is_whole(&address.what, check, &actual) {
        actual = vec![joined(&actual)];
    }
    let other = match check {
        Check::SameAs(other) | Check::DiffersFrom(other) => {
            find(other).map(|step| values(other, step))
        }
        _ => None,
    };
    sent(compared, check, &actual, other.as_deref(), seen);
}

/// The end of an output. The log of the build contains all of it.
fn end_of(output: &Value) -> Value {
    const SHOWN_BYTES: usize = 1000;
    Value(output.0[output.0.len().saturating_sub(SHOWN_BYTES)..].to_vec())
}

/// Whether the check looks at a list as one text. An empty list of requests is an observation too.
fn is_whole(what: &What, check: &Check, actual: &[Value]) -> bool {
    match what {
        What::Phases | What::Calls => {
            !matches!(check, Check::Sequence(_) | Check::Ordered(_)) && !actual.is_empty()
        }
        What::Requests => !matches!(check, Check::Sequence(_) | Check::Absent | Check::Recorded),
        _ => false,
    }
}

/// Every value observed at the address.
fn values(address: &Address, seen: &StepObserved) -> Vec<Value> {
    let ebuild = address.ebuild();
    let entry =
        |map: &std::collections::BTreeMap<String, std::collections::BTreeMap<String, Value>>,
         key: &str| {
            map.get(ebuild)
                .and_then(|entries| entries.get(key))
                .cloned()
                .into_iter()
                .collect()
        };
    match &address.what {
        What::Sent { phase, key } => seen.values(ebuild, phase, key).cloned().collect(),
        What::Phases => seen.phases(ebuild).map(Value::from).collect(),
        What::Calls => seen.calls().map(Value::from).collect(),
        What::Requests => seen
            .requests
            .iter()
            .map(|r| Value::from(r.as_str()))
            .collect(),
        What::Vdb(key) => entry(&seen.vdb, key),
        What::Metadata(key) => entry(&seen.metadata, key),
        What::Output => seen.output.clone().into_iter().collect(),
        What::Outcome | What::Installed | What::File(_) => Vec::new(),
    }
}

fn installed(compared: &mut Compared, wanted: bool, actual: bool) {
    let word = |yes: bool| if yes { "installed" } else { "not installed" };
    compared.actual = Some(word(actual).into());
    compared.outcome = if wanted == actual {
        Outcome::Met
    } else {
        Outcome::Differs
    };
}

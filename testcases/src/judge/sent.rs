//! Compares values: those that phases sent, and those of the vdb, the metadata cache and the output.

use super::observed::{StepEnd, StepObserved};
use super::verdict::{Compared, Outcome};
use crate::model::{Check, Value};

/// Compares all values that were observed at an address.
pub(super) fn sent(
    compared: &mut Compared,
    check: &Check,
    actual: &[Value],
    other: Option<&[Value]>,
    seen: &StepObserved,
) {
    compared.exact = match check {
        Check::Equal(value) => Some(value.clone()),
        Check::Sequence(values) => Some(joined(values)),
        _ => None,
    };
    if !actual.is_empty() || matches!(check, Check::Sequence(_)) {
        compared.actual = Some(joined(actual));
    }
    let met = match (check, actual) {
        (Check::Sequence(wanted), _) => Some(actual == wanted.as_slice()),
        (Check::Absent, []) => {
            let is_finished = matches!(seen.end, StepEnd::Succeeded | StepEnd::Failed(_));
            is_finished.then_some(true)
        }
        (Check::Absent, _) => Some(false),
        (Check::Recorded, _) => {
            compared.outcome = Outcome::Recorded;
            compared.note = actual
                .is_empty()
                .then(|| "no observation arrived".to_owned());
            return;
        }
        (_, []) => None,
        (Check::Ordered(wanted), _) => {
            let words: Vec<String> = actual.iter().flat_map(Value::words).collect();
            Some(in_order(wanted, &words))
        }
        (_, [value]) => one(check, value, other, compared),
        (_, several) => {
            compared.note = Some(format!("sent {} times", several.len()));
            Some(false)
        }
    };
    if let Some(met) = met {
        compared.outcome = if met { Outcome::Met } else { Outcome::Differs };
    }
}

/// Whether a single value meets the check; none if the value to compare it with is missing.
pub(super) fn one(
    check: &Check,
    value: &Value,
    other: Option<&[Value]>,
    compared: &mut Compared,
) -> Option<bool> {
    let words = || value.words();
    Some(match check {
        Check::Equal(wanted) => value == wanted,
        Check::Not(unwanted) => value != unwanted,
        Check::OneOf(values) => values.contains(value),
        Check::Matches(pattern) => pattern.0.is_match(&value.0),
        Check::MatchesNot(pattern) => !pattern.0.is_match(&value.0),
        Check::Set(wanted) => {
            let sorted = |mut list: Vec<String>| {
                list.sort();
                list.dedup();
                list
            };
            sorted(words()) == sorted(wanted.clone())
        }
        Check::Contains(wanted) => wanted.iter().all(|w| words().contains(w)),
        Check::Lacks(unwanted) => !unwanted.iter().any(|w| words().contains(w)),
        Check::SameAs(_) | Check::DiffersFrom(_) => {
            let [other] = other? else {
                compared.note =
                    Some("the value to compare with was not sent exactly once".to_owned());
                return None;
            };
            compared.exact = matches!(check, Check::SameAs(_)).then(|| other.clone());
            (value == other) == matches!(check, Check::SameAs(_))
        }
        // The loader gives each address only checks of its own kind.
        _ => false,
    })
}

fn in_order(wanted: &[String], words: &[String]) -> bool {
    let mut rest = words.iter();
    wanted.iter().all(|word| rest.any(|w| w == word))
}

/// The values as one, separated by newlines.
pub(super) fn joined(values: &[Value]) -> Value {
    match values {
        [one] => one.clone(),
        several => Value(
            several
                .iter()
                .map(|v| v.0.as_slice())
                .collect::<Vec<_>>()
                .join(&b'\n'),
        ),
    }
}

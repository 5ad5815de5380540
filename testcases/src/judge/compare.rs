//! Compares one observation with one expectation.

use super::{is_state, progress, step};
use crate::address::{Address, What};
use crate::expect::{Check, FileCheck, FileKind};
use crate::model::Build;
use crate::observed::{FileSeen, Observed, StepEnd, StepObserved};
use crate::value::Value;
use crate::verdict::{Compared, Outcome};

/// An expectation beside what was observed.
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
                installed(
                    &mut compared,
                    *wanted,
                    seen.vdb.contains_key(address.ebuild()),
                );
            }
            _ => {
                let mut actual = values(address, seen);
                if is_whole(&address.what, check, &actual) {
                    actual = vec![joined(&actual)];
                }
                let other = match check {
                    Check::SameAs(other) | Check::DiffersFrom(other) => {
                        step(other, build, observed).1.map(|s| values(other, s))
                    }
                    _ => None,
                };
                sent(&mut compared, check, &actual, other.as_deref(), seen);
            }
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

/// The end of an output: all of it is in the log of the build.
fn end_of(output: &Value) -> Value {
    const SHOWN_BYTES: usize = 1000;
    Value(output.0[output.0.len().saturating_sub(SHOWN_BYTES)..].to_vec())
}

/// Whether a list is looked at as one text. A server that nobody asked has been watched all the same.
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

/// Judges values that were sent, or stand in the vdb or the cache.
fn sent(
    compared: &mut Compared,
    check: &Check,
    actual: &[Value],
    other: Option<&[Value]>,
    seen: &StepObserved,
) {
    if let Check::Equal(value) = check {
        compared.exact = Some(value.clone());
    }
    if let Check::Sequence(values) = check {
        compared.exact = Some(joined(values));
    }
    if !actual.is_empty() || matches!(check, Check::Sequence(_)) {
        compared.actual = Some(joined(actual));
    }
    let met = match check {
        Check::Sequence(wanted) => actual == wanted.as_slice(),
        Check::Absent => match (&seen.end, actual) {
            (StepEnd::Succeeded | StepEnd::Failed(_), []) => true,
            (_, []) => return,
            _ => false,
        },
        Check::Recorded if actual.is_empty() => {
            compared.outcome = Outcome::Recorded;
            compared.note = Some("nothing came".to_owned());
            return;
        }
        Check::Recorded => {
            compared.outcome = Outcome::Recorded;
            return;
        }
        Check::Ordered(wanted) => {
            if actual.is_empty() {
                return;
            }
            let words: Vec<String> = actual.iter().flat_map(Value::words).collect();
            in_order(wanted, &words)
        }
        _ => match actual {
            [] => return,
            [value] => match one(check, value, other, compared) {
                Some(met) => met,
                None => return,
            },
            several => {
                compared.note = Some(format!("sent {} times", several.len()));
                false
            }
        },
    };
    compared.outcome = if met { Outcome::Met } else { Outcome::Differs };
}

/// Judges a value that came once; nothing where what it is compared with is missing.
fn one(
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
                compared.note = Some("what it is compared with did not come once".to_owned());
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

fn joined(values: &[Value]) -> Value {
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

fn installed(compared: &mut Compared, wanted: bool, actual: bool) {
    let word = |yes: bool| if yes { "installed" } else { "not installed" };
    compared.actual = Some(word(actual).into());
    compared.outcome = if wanted == actual {
        Outcome::Met
    } else {
        Outcome::Differs
    };
}

fn file(compared: &mut Compared, check: &FileCheck, path: &str, seen: &StepObserved) {
    let Some(actual) = seen.files.get(path) else {
        compared.note = Some("the path was not looked at".to_owned());
        return;
    };
    let kind_met = match check.kind {
        Some(FileKind::Absent) => actual.kind == FileKind::Absent,
        Some(FileKind::Present) | None => actual.kind != FileKind::Absent,
        Some(kind) => actual.kind == kind,
    };
    let owner = (actual.uid, actual.gid);
    let content_met = check.content.as_deref().is_none_or(|check| {
        let mut scratch = compared.clone();
        let met = actual
            .content
            .as_ref()
            .is_some_and(|value| one(check, value, None, &mut scratch).unwrap_or_default());
        compared.exact = scratch.exact;
        met
    });
    let target_met = check.target.as_ref().is_none_or(|target| {
        actual
            .target
            .as_ref()
            .is_some_and(|t| t.0 == target.as_bytes())
    });
    let inode_met = check.same_inode.as_ref().is_none_or(|other| {
        seen.files
            .get(other)
            .is_some_and(|o| o.kind != FileKind::Absent && o.inode == actual.inode)
    });
    let met = kind_met
        && check.mode.is_none_or(|mode| mode == actual.mode)
        && check.owner.is_none_or(|o| o == owner)
        && check
            .mtime_seconds
            .is_none_or(|seconds| seconds == actual.mtime.0)
        && check
            .mtime_nanoseconds
            .is_none_or(|nanos| nanos == actual.mtime.1)
        && content_met
        && target_met
        && inode_met;
    compared.actual = Some(describe(check, actual).into());
    compared.outcome = if met { Outcome::Met } else { Outcome::Differs };
}

/// What was seen of a path, in the terms in which it is expected.
fn describe(check: &FileCheck, seen: &FileSeen) -> String {
    let mut parts = vec![seen.kind.word().to_owned()];
    if seen.kind != FileKind::Absent {
        if check.mode.is_some() {
            parts.push(format!("mode {:04o}", seen.mode));
        }
        if check.owner.is_some() {
            parts.push(format!("owner {}:{}", seen.uid, seen.gid));
        }
        if check.mtime_seconds.is_some() || check.mtime_nanoseconds.is_some() {
            parts.push(format!("mtime {}.{:09}", seen.mtime.0, seen.mtime.1));
        }
        if let (true, Some(target)) = (check.target.is_some(), &seen.target) {
            parts.push(format!("target {target}"));
        }
        if let (true, Some(content)) = (check.content.is_some(), &seen.content) {
            parts.push(format!("content {content}"));
        }
        if check.same_inode.is_some() {
            parts.push(format!("inode {}", seen.inode.1));
        }
    }
    parts.join(", ")
}

/// An expectation in words.
fn words(check: &Check) -> String {
    let list = |items: &[Value]| {
        items
            .iter()
            .map(|v| format!("`{v}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match check {
        Check::Equal(value) => format!("`{value}`"),
        Check::Not(value) => format!("anything but `{value}`"),
        Check::Sequence(values) if values.is_empty() => "nothing".to_owned(),
        Check::Sequence(values) => format!("in this order {}", list(values)),
        Check::OneOf(values) => format!("one of {}", list(values)),
        Check::Matches(pattern) => format!("matching /{}/", pattern.0.as_str()),
        Check::MatchesNot(pattern) => format!("not matching /{}/", pattern.0.as_str()),
        Check::Absent => "not sent".to_owned(),
        Check::Set(words) => format!("exactly the words {}", words.join(" ")),
        Check::Contains(words) => format!("with the words {}", words.join(" ")),
        Check::Lacks(words) => format!("without the words {}", words.join(" ")),
        Check::Ordered(words) => format!("with, in this order, {}", words.join(" ")),
        Check::SameAs(other) => format!("the same as {other}"),
        Check::DiffersFrom(other) => format!("not the same as {other}"),
        Check::Recorded => "left open by the PMS".to_owned(),
        Check::Is(yes) => if *yes { "installed" } else { "not installed" }.to_owned(),
        Check::Ending(_) => "an ending".to_owned(),
        Check::File(file) => file_words(file),
    }
}

fn file_words(check: &FileCheck) -> String {
    let mut parts = Vec::new();
    parts.extend(check.kind.map(|kind| kind.word().to_owned()));
    parts.extend(check.mode.map(|mode| format!("mode {mode:04o}")));
    parts.extend(check.owner.map(|(uid, gid)| format!("owner {uid}:{gid}")));
    parts.extend(
        check
            .mtime_seconds
            .map(|seconds| format!("mtime {seconds}")),
    );
    parts.extend(
        check
            .mtime_nanoseconds
            .map(|nanos| format!("mtime nanoseconds {nanos}")),
    );
    parts.extend(
        check
            .target
            .as_ref()
            .map(|target| format!("target {target}")),
    );
    parts.extend(
        check
            .content
            .as_deref()
            .map(|content| format!("content {}", words(content))),
    );
    parts.extend(
        check
            .same_inode
            .as_ref()
            .map(|other| format!("the same inode as {other}")),
    );
    parts.join(", ")
}

//! The data of the template for comparisons.

use pmsts_testcases::{Compared, Verdict};
use serde::Serialize;

use super::badge::Badge;
use crate::compare::{Change, Comparison, Entry, Pair, Side};
use crate::describe::text::line;

/// The data of `compare.hbs`.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    warnings: Vec<String>,
    /// Targets that only one record has, in words.
    alone: Vec<String>,
    package_managers: Vec<Manager>,
}

#[derive(Debug, Serialize)]
struct Manager {
    /// The old target and the new one.
    name: String,
    same: usize,
    lists: Vec<List>,
}

#[derive(Debug, Serialize)]
struct List {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    count: usize,
    entries: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    title: String,
    section: String,
    before: Option<Badge>,
    after: Option<Badge>,
    again: String,
    reason: Option<String>,
    compared: Vec<Difference>,
}

#[derive(Debug, Serialize)]
struct Difference {
    address: String,
    expected: String,
    was: String,
    is: String,
}

impl Page {
    pub(super) fn new(comparison: &Comparison, title: &str) -> Self {
        let alone = [("old", &comparison.only_old), ("new", &comparison.only_new)];
        let alone = alone
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(which, names)| {
                line(&format!(
                    "Only in the {which} record: {}.",
                    names.join(", ")
                ))
            });
        Self {
            title: line(title),
            warnings: comparison
                .surroundings
                .iter()
                .chain(&comparison.warnings)
                .map(|w| line(w))
                .collect(),
            alone: alone.collect(),
            package_managers: comparison.package_managers.iter().map(manager).collect(),
        }
    }
}

fn manager(pair: &Pair) -> Manager {
    let Pair {
        old_target,
        new_target,
        ..
    } = pair;
    Manager {
        name: line(&if old_target == new_target {
            new_target.clone()
        } else {
            format!("{old_target} → {new_target}")
        }),
        same: pair.same,
        lists: Change::ALL.map(|change| list(pair, change)).into(),
    }
}

fn list(pair: &Pair, change: Change) -> List {
    let (class, sign) = match change {
        Change::NewlyFailing => ("failed", "✗"),
        Change::NewlyPassing => ("passed", "✓"),
        Change::Changed => ("recorded", "≠"),
        Change::New => ("skipped", "+"),
        Change::Gone => ("skipped", "−"),
    };
    let entries = pair.list(change);
    List {
        class,
        sign,
        words: change.words(),
        count: entries.len(),
        entries: entries.iter().map(row).collect(),
    }
}

fn row(entry: &Entry) -> Row {
    let badge = |side: &Option<Side>| side.as_ref().map(|side| Badge::from(side.verdict));
    let sides = [&entry.after, &entry.before];
    let shown = sides.into_iter().flatten().next();
    let passes = shown.is_some_and(|side| side.verdict == Verdict::Passed);
    let compared = shown
        .filter(|_| !passes)
        .map_or(&[][..], |side| &side.compared);
    Row {
        id: line(&entry.id),
        title: line(&entry.title),
        section: line(&entry.section),
        before: badge(&entry.before),
        after: badge(&entry.after),
        again: entry.again.clone(),
        reason: shown.and_then(|side| side.reason.as_deref()).map(line),
        compared: compared.iter().map(|f| difference(f, entry)).collect(),
    }
}

fn difference(compared: &Compared, entry: &Entry) -> Difference {
    let value = |side: &Option<Side>| {
        let mut others = side.iter().flat_map(|side| &side.compared);
        match others.find(|f| f.address == compared.address) {
            Some(Compared {
                actual: Some(value),
                ..
            }) => format!("`{}`", value.printable()),
            Some(_) => "not observed".to_owned(),
            None if side.is_some() => "as expected".to_owned(),
            None => "–".to_owned(),
        }
    };
    Difference {
        address: line(&compared.address),
        expected: line(&compared.expected),
        was: value(&entry.before),
        is: value(&entry.after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn data_of_a_comparison() {
        let mut new = sample::results();
        new.targets[0].instances[0] = sample::instance("good", Verdict::Failed, b"x\x1b");
        let comparison = Comparison::new(&sample::results(), &new);
        insta::assert_json_snapshot!(Page::new(&comparison, "a and b"));
    }
}

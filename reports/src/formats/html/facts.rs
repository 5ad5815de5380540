//! Facts about the runs: when, where and with what they ran, and notes on the configurations.

use serde::Serialize;

use super::time::duration;
use crate::describe::text::line;
use crate::record::{Results, TargetRecord};

/// A fact about the runs that is the same for all targets of a record.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    name: &'static str,
    /// More than one where records differ.
    values: Vec<String>,
}

/// A note on the configuration of some targets.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Note {
    /// Names of the targets; empty where the note is about all of them.
    targets: String,
    note: String,
}

/// The facts about all records.
pub(super) fn facts(results: &[Results]) -> Vec<Fact> {
    let suite = |r: &Results| match &r.suite.revision {
        Some(revision) => format!("pmsts {} ({revision})", r.suite.version),
        None => format!("pmsts {}", r.suite.version),
    };
    let host = |r: &Results| {
        let host = &r.host;
        format!(
            "{}, Linux {}, {}, {} cores",
            host.system, host.kernel, host.arch, host.cores
        )
    };
    let began = |r: &Results| format!("{}, took {}", r.started, duration(r.duration_ms));
    let repeated = |r: &Results| match &r.repeats {
        Some(repeats) => format!(
            "{} times, {} verdicts differed",
            repeats.times,
            repeats.differing.len()
        ),
        None => "once".to_owned(),
    };
    let command = |r: &Results| format!("pmsts {}", r.arguments.join(" "));
    let of = |name, value: &dyn Fn(&Results) -> String| {
        let mut values: Vec<String> = results.iter().map(|r| line(&value(r))).collect();
        values.sort();
        values.dedup();
        Fact { name, values }
    };
    let mut facts = vec![
        of("Began", &began),
        of("Command", &command),
        of("Suite", &suite),
        of("PMS", &|r| r.suite.pms_revision.clone()),
        of("Host", &host),
    ];
    if results.iter().any(|r| r.repeats.is_some()) {
        facts.push(of("Repeated", &repeated));
    }
    facts
}

/// The notes on all targets; targets with the same note share it.
pub(super) fn notes(targets: &[&TargetRecord]) -> Vec<Note> {
    shared(targets, |target| target.notes.clone())
}

/// What is missing from the records of targets.
pub(super) fn missing(targets: &[&TargetRecord]) -> Vec<Note> {
    shared(targets, |target| {
        let missing = target.missing();
        missing
            .map(|missing| format!("Incomplete: {missing}."))
            .into_iter()
            .collect()
    })
}

/// Notes on targets, each once with the names of its targets.
fn shared(targets: &[&TargetRecord], of: impl Fn(&TargetRecord) -> Vec<String>) -> Vec<Note> {
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    for target in targets {
        for note in of(target) {
            match notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, names)) => names.push(&target.name),
                None => notes.push((note, vec![&target.name])),
            }
        }
    }
    let note = |(note, names): (String, Vec<&str>)| Note {
        targets: if names.len() == targets.len() {
            String::new()
        } else {
            line(&names.join(", "))
        },
        note: line(&note),
    };
    notes.into_iter().map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_note_names_its_targets_unless_it_is_about_all() {
        let first = sample::results().targets.remove(0);
        let mut second = first.clone();
        second.name = "pkgcore@0.12.48".to_owned();
        second.notes.push("It has no sandbox.".to_owned());
        let note = |targets: &str, note: &str| Note {
            targets: targets.to_owned(),
            note: note.to_owned(),
        };
        assert_eq!(
            notes(&[&first, &second]),
            [
                note("", "FEATURES sandbox is off."),
                note("pkgcore@0.12.48", "It has no sandbox."),
            ]
        );
    }
}

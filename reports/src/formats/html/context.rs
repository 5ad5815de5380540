//! What the page shows before anything is opened: what ran, the matrix, and pictures.

use std::collections::BTreeSet;

use pmsts_testcases::Catalogue;
use serde::Serialize;

use super::badge::{Badge, worst};
use super::chart::{self, Chart, Segment};
use super::coverage::{self, Coverage};
use super::readiness::{self, Readiness};
use super::scope::Scope;
use crate::describe::category::Category;
use crate::describe::text::line;
use crate::record::{Instance, Results, TargetRecord};

/// What the template is given.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    interrupted: bool,
    /// Whether records were judged by different suites.
    suites_differ: bool,
    /// What ran, a fact each: the same for all targets.
    facts: Vec<Fact>,
    targets: Vec<Target>,
    notes: Vec<Note>,
    verdicts: Vec<Badge>,
    eapis: Vec<String>,
    chapters: Vec<Chapter>,
    /// Columns of the matrix.
    columns: usize,
    /// One for each package manager of which there are several versions.
    charts: Vec<Chart>,
    readiness: Readiness,
    coverage: Coverage,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    /// Several where records differ.
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Target {
    name: String,
    bash: String,
    interpreter: String,
    testbed: String,
    time: String,
    broken: Option<String>,
    /// One a verdict.
    totals: Vec<Count>,
    /// The same as a bar.
    bar: Vec<Segment>,
}

/// What a reader must know of the configuration.
#[derive(Debug, Serialize)]
struct Note {
    /// Of whom; all where it is empty.
    targets: String,
    note: String,
}

#[derive(Debug, Serialize)]
struct Count {
    #[serde(flatten)]
    badge: Badge,
    count: usize,
}

#[derive(Debug, Serialize)]
struct Chapter {
    name: String,
    sections: Vec<Section>,
}

/// A section of the PMS: a row of the matrix.
#[derive(Debug, Serialize)]
struct Section {
    label: String,
    /// Chapter and label: many chapters have an `unlabelled:Overview`.
    name: String,
    /// One a target.
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    /// Who, and the counts in words.
    words: String,
    /// Of the worst verdict.
    class: &'static str,
    counts: Vec<Count>,
}

impl Page {
    pub(super) fn new(scope: &Scope<'_>, catalogue: &Catalogue) -> Self {
        let targets = &scope.targets;
        let eapis: BTreeSet<&str> = targets
            .iter()
            .flat_map(|target| &target.instances)
            .map(|i| i.eapi.as_str())
            .collect();
        let kinds = Category::shown(targets.iter().copied());
        let names: Vec<String> = targets.iter().map(|target| line(&target.name)).collect();
        Self {
            title: format!("PMS conformance of {}", title(&names)),
            interrupted: scope.results.iter().any(|r| r.interrupted),
            suites_differ: scope.results.windows(2).any(|w| w[0].suite != w[1].suite),
            facts: facts(scope.results),
            targets: targets
                .iter()
                .map(|target| summary(target, &kinds))
                .collect(),
            notes: notes(targets),
            verdicts: kinds.iter().map(|kind| Badge::from(*kind)).collect(),
            eapis: eapis.into_iter().map(line).collect(),
            chapters: chapters(scope),
            columns: 1 + targets.len(),
            charts: chart::charts(scope),
            readiness: readiness::readiness(scope, catalogue),
            coverage: coverage::coverage(scope, catalogue),
        }
    }
}

/// All names where they are few.
fn title(names: &[String]) -> String {
    match names {
        [first, .., last] if names.len() > 3 => {
            format!("{} package managers, {first} to {last}", names.len())
        }
        _ => names.join(", "),
    }
}

fn facts(results: &[Results]) -> Vec<Fact> {
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
    let began = |r: &Results| format!("{}, for {}", r.started, duration(r.duration_ms));
    let repeated = |r: &Results| match &r.repeats {
        Some(repeats) => format!(
            "{} times, {} verdicts not always the same",
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
        facts.push(of("Run", &repeated));
    }
    facts
}

fn summary(target: &TargetRecord, kinds: &[Category]) -> Target {
    Target {
        name: line(&target.name),
        bash: line(&target.bash),
        interpreter: target.interpreter.as_deref().map_or("–".to_owned(), line),
        testbed: line(&target.testbed),
        time: duration(target.timing.wall_ms),
        broken: target.broken.as_deref().map(line),
        totals: kinds
            .iter()
            .map(|kind| Count::new(*kind, kind.count(target)))
            .collect(),
        bar: chart::bar(target),
    }
}

/// Each note once.
fn notes(targets: &[&TargetRecord]) -> Vec<Note> {
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    for target in targets {
        let missing = target
            .missing()
            .map(|missing| format!("Not whole: {missing}."));
        for note in missing.into_iter().chain(target.notes.iter().cloned()) {
            match notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, targets)) => targets.push(&target.name),
                None => notes.push((note, vec![&target.name])),
            }
        }
    }
    let note = |(note, targets): (String, Vec<&str>)| Note {
        targets: if targets.len() == targets.len() {
            String::new()
        } else {
            line(&targets.join(", "))
        },
        note: line(&note),
    };
    notes.into_iter().map(note).collect()
}

/// `3.2 s`, or `61 min 5 s`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
    }
}

impl Count {
    fn new(kind: Category, count: usize) -> Self {
        Self {
            badge: kind.into(),
            count,
        }
    }
}

/// What there is.
fn counts(instances: &[&Instance]) -> Vec<Count> {
    let count = |kind| instances.iter().filter(|i| Category::of(i) == kind).count();
    Category::all()
        .map(|kind| Count::new(kind, count(kind)))
        .filter(|c| c.count > 0)
        .collect()
}

fn chapters(scope: &Scope<'_>) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for (number, (chapter, label)) in scope.sections.iter().enumerate() {
        let name = line(chapter);
        if chapters.last().is_none_or(|c| c.name != name) {
            chapters.push(Chapter {
                name,
                sections: Vec::new(),
            });
        }
        let cells = (0..scope.targets.len()).map(|target| cell(scope, number, target));
        let section = Section {
            label: line(label),
            name: scope.name(number),
            cells: cells.collect(),
        };
        chapters
            .last_mut()
            .expect("pushed above")
            .sections
            .push(section);
    }
    chapters
}

fn cell(scope: &Scope<'_>, section: usize, target: usize) -> Cell {
    let instances = scope.instances(section, target);
    let counts = counts(instances);
    let words = counts
        .iter()
        .map(|c| format!("{} {}", c.count, c.badge.words()));
    let words = words.collect::<Vec<_>>().join(", ");
    Cell {
        words: line(&format!("{}: {words}", scope.targets[target].name)),
        class: worst(instances.iter().map(|i| Category::of(i)))
            .map_or("none", |v| Badge::from(v).class()),
        counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_page_is_given_this() {
        let results = [sample::results()];
        insta::assert_json_snapshot!(Page::new(&Scope::new(&results), &Catalogue::new()));
    }

    #[test]
    fn durations_are_for_people() {
        assert_eq!(duration(3_250), "3.2 s");
        assert_eq!(duration(3_665_000), "61 min 5 s");
    }
}

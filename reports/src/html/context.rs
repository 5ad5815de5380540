//! What the page shows before anything is opened: what ran, and the matrix.

use std::collections::{BTreeMap, BTreeSet};

use pmsts_testcases::Verdict;
use serde::Serialize;

use super::badge::{Badge, worst};
use crate::record::{Instance, Results, Run};
use crate::text::line;

/// What the template is given.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    interrupted: bool,
    /// What ran, a fact each: the same for all domains.
    facts: Vec<Fact>,
    domains: Vec<Domain>,
    verdicts: Vec<Badge>,
    eapis: Vec<String>,
    chapters: Vec<Chapter>,
    /// Columns of the matrix.
    columns: usize,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    /// Several where records differ.
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Domain {
    name: String,
    bash: String,
    interpreter: String,
    testbed: String,
    time: String,
    notes: Vec<String>,
    broken: Option<String>,
    /// One a verdict.
    totals: Vec<Count>,
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
    /// One a domain.
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    domain: String,
    /// Of the worst verdict.
    class: &'static str,
    counts: Vec<Count>,
}

/// Sections by chapter, in the order of the page.
pub(super) fn sections<'a>(runs: &[&'a Run]) -> Vec<(&'a str, &'a str)> {
    let all = runs.iter().flat_map(|run| &run.instances);
    let names: BTreeSet<_> = all
        .map(|i| (i.chapter.as_str(), i.section.as_str()))
        .collect();
    names.into_iter().collect()
}

/// A section's name, unique in the page.
pub(super) fn section_name(chapter: &str, label: &str) -> String {
    line(&format!("{chapter}/{label}"))
}

impl Page {
    pub(super) fn new(results: &[Results]) -> Self {
        let runs: Vec<&Run> = results.iter().flat_map(|r| &r.runs).collect();
        let eapis: BTreeSet<&str> = runs
            .iter()
            .flat_map(|run| &run.instances)
            .map(|i| i.eapi.as_str())
            .collect();
        let names: Vec<String> = runs.iter().map(|run| line(&run.domain)).collect();
        Self {
            title: format!("PMS conformance of {}", names.join(", ")),
            interrupted: results.iter().any(|r| r.interrupted),
            facts: facts(results),
            domains: runs.iter().map(|run| domain(run)).collect(),
            verdicts: Verdict::ALL.map(Badge::from).to_vec(),
            eapis: eapis.into_iter().map(line).collect(),
            chapters: chapters(&runs),
            columns: 1 + runs.len(),
        }
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
    let command = |r: &Results| format!("pmsts {}", r.arguments.join(" "));
    let of = |name, value: &dyn Fn(&Results) -> String| {
        let mut values: Vec<String> = results.iter().map(|r| line(&value(r))).collect();
        values.sort();
        values.dedup();
        Fact { name, values }
    };
    vec![
        of("Began", &began),
        of("Command", &command),
        of("Suite", &suite),
        of("PMS", &|r| r.suite.pms_revision.clone()),
        of("Host", &host),
    ]
}

fn domain(run: &Run) -> Domain {
    Domain {
        name: line(&run.domain),
        bash: line(&run.bash),
        interpreter: run.interpreter.as_deref().map_or("–".to_owned(), line),
        testbed: line(&run.testbed),
        time: duration(run.timing.wall_ms),
        notes: run.notes.iter().map(|note| line(note)).collect(),
        broken: run.broken.as_deref().map(line),
        totals: totals(&run.instances.iter().collect::<Vec<_>>()),
    }
}

/// `3.2 s`, or `61 min 5 s`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
    }
}

fn totals(instances: &[&Instance]) -> Vec<Count> {
    let count = |v| instances.iter().filter(|i| i.verdict == v).count();
    Verdict::ALL
        .into_iter()
        .map(|v| Count {
            badge: v.into(),
            count: count(v),
        })
        .collect()
}

fn counts(instances: &[&Instance]) -> Vec<Count> {
    totals(instances)
        .into_iter()
        .filter(|c| c.count > 0)
        .collect()
}

fn chapters(runs: &[&Run]) -> Vec<Chapter> {
    let mut own: BTreeMap<(&str, &str), Vec<Vec<&Instance>>> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        for instance in &run.instances {
            let name = (instance.chapter.as_str(), instance.section.as_str());
            own.entry(name)
                .or_insert_with(|| vec![Vec::new(); runs.len()])[at]
                .push(instance);
        }
    }
    let mut chapters: Vec<Chapter> = Vec::new();
    for (chapter, label) in sections(runs) {
        let chapter_name = line(chapter);
        if chapters.last().is_none_or(|c| c.name != chapter_name) {
            chapters.push(Chapter {
                name: chapter_name,
                sections: Vec::new(),
            });
        }
        let cells = own[&(chapter, label)]
            .iter()
            .zip(runs)
            .map(|(instances, run)| Cell {
                domain: line(&run.domain),
                class: worst(instances.iter().map(|i| i.verdict))
                    .map_or("none", |v| Badge::from(v).class()),
                counts: counts(instances),
            });
        let section = Section {
            label: line(label),
            name: section_name(chapter, label),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_page_is_given_this() {
        insta::assert_json_snapshot!(Page::new(&[sample::results()]));
    }

    #[test]
    fn durations_are_for_people() {
        assert_eq!(duration(3_250), "3.2 s");
        assert_eq!(duration(3_665_000), "61 min 5 s");
    }
}

//! The instances, as data that the page's script reads. Every text is safe to show.

use std::collections::BTreeMap;

use pmsts_testcases::{Finding, Outcome, Verdict};
use serde::Serialize;

use super::badge::{Badge, number};
use super::context::{duration, section_name, sections};
use super::shown::{Shown, finding};
use crate::record::{BuildRecord, Instance, Results, Run, StepRecord};
use crate::repeat;
use crate::text::{block, line};

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// Cells name a verdict by its position here.
    verdicts: Vec<Badge>,
    domains: Vec<Domain>,
    /// Names of the sections, by number.
    sections: Vec<String>,
    rows: Vec<Row>,
    /// Names of files, and positions in `texts`, by checksum.
    sources: BTreeMap<String, Vec<(String, usize)>>,
    /// Every text of a file once: most builds share most of their files.
    texts: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Domain {
    name: String,
    /// The begin of the commands that repeat.
    again: String,
    builds: Vec<Build>,
}

/// An instance on all domains.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    title: String,
    eapi: String,
    section: usize,
    requirements: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disputed: Option<String>,
    /// The end of the command that repeats it.
    again: String,
    /// Whether package managers differ.
    differs: bool,
    /// One a domain; none where it has no such instance.
    cells: Vec<Option<Cell>>,
}

#[derive(Debug, Serialize)]
struct Cell {
    verdict: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<usize>,
    source: String,
}

#[derive(Debug, Serialize)]
struct Build {
    /// In words.
    about: String,
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "String::is_empty")]
    log: String,
}

#[derive(Debug, Serialize)]
struct Step {
    name: String,
    command: String,
    /// How it ended and how long it took.
    ended: String,
    /// Names and times.
    phases: Vec<(String, String)>,
}

impl Data {
    pub(super) fn new(results: &[Results]) -> Self {
        let runs: Vec<&Run> = results.iter().flat_map(|r| &r.runs).collect();
        let (sources, texts) = sources(results);
        Self {
            verdicts: Verdict::ALL.map(Badge::from).to_vec(),
            domains: runs.iter().map(|run| domain(run)).collect(),
            sections: sections(&runs)
                .iter()
                .map(|(chapter, label)| section_name(chapter, label))
                .collect(),
            rows: rows(&runs),
            sources,
            texts,
        }
    }
}

fn domain(run: &Run) -> Domain {
    Domain {
        name: line(&run.domain),
        again: repeat::program(run),
        builds: run.builds.iter().map(build).collect(),
    }
}

fn rows(runs: &[&Run]) -> Vec<Row> {
    let numbers: BTreeMap<_, _> = sections(runs)
        .into_iter()
        .enumerate()
        .map(|(at, name)| (name, at))
        .collect();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for (domain, run) in runs.iter().enumerate() {
        for instance in &run.instances {
            let position = *positions.entry(&instance.id).or_insert_with(|| {
                let section = numbers[&(instance.chapter.as_str(), instance.section.as_str())];
                rows.push(row(instance, section, runs.len()));
                rows.len() - 1
            });
            rows[position].cells[domain] = Some(cell(instance));
        }
    }
    for row in &mut rows {
        let mut said = row.cells.iter().flatten().map(said);
        let first = said.next();
        row.differs = said.any(|other| Some(other) != first);
    }
    rows
}

fn row(instance: &Instance, section: usize, domains: usize) -> Row {
    Row {
        id: line(&instance.id),
        title: line(&instance.title),
        eapi: line(&instance.eapi),
        section,
        requirements: instance.requirements.iter().map(|id| line(id)).collect(),
        disputed: instance.disputed.as_deref().map(line),
        again: repeat::choice(&[instance]),
        differs: false,
        cells: (0..domains).map(|_| None).collect(),
    }
}

/// What package managers are compared by: the verdict, and where the PMS leaves it open, what they do.
fn said(cell: &Cell) -> (usize, Vec<&str>) {
    let recorded = cell.verdict == number(Verdict::Recorded);
    let findings = cell.findings.iter().filter(|_| recorded);
    (
        cell.verdict,
        findings
            .map(|f| f.actual.as_deref().unwrap_or_default())
            .collect(),
    )
}

fn cell(instance: &Instance) -> Cell {
    let shown = |f: &Finding| finding(f, f.outcome != Outcome::Met);
    Cell {
        verdict: number(instance.verdict),
        reason: instance.reason.as_deref().map(line),
        findings: instance.findings.iter().map(shown).collect(),
        build: instance.build,
        source: instance.checksum.clone(),
    }
}

fn build(build: &BuildRecord) -> Build {
    let mut about = vec![format!(
        "build {} in testbed {}",
        line(&build.name),
        build.lane
    )];
    about.push(match build.batch_size {
        0 | 1 => format!("batch {}", build.batch),
        n => format!("batch {} with {} others", build.batch, n - 1),
    });
    if build.attempts > 1 {
        about.push(format!("tried {} times", build.attempts));
    }
    let about = about.join(", ");
    Build {
        about,
        steps: build.steps.iter().map(step).collect(),
        log: block(&build.log),
    }
}

fn step(step: &StepRecord) -> Step {
    let phases = step.phases.iter().map(|phase| {
        let time = match phase.end_ms {
            Some(end) => format!("{} ms", end.saturating_sub(phase.begin_ms)),
            None => "did not end".to_owned(),
        };
        let name = if phase.ebuild == "main" {
            line(&phase.phase)
        } else {
            line(&format!("{} {}", phase.ebuild, phase.phase))
        };
        (name, time)
    });
    Step {
        name: line(&step.name),
        command: line(&step.command.join(" ")),
        ended: line(&format!("{}, {}", step.ended, duration(step.duration_ms))),
        phases: phases.collect(),
    }
}

type Sources = BTreeMap<String, Vec<(String, usize)>>;

fn sources(results: &[Results]) -> (Sources, Vec<String>) {
    let mut texts: Vec<String> = Vec::new();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sources = Sources::new();
    for (checksum, source) in results.iter().flat_map(|r| &r.sources) {
        let files = source.files.iter().map(|(path, text)| {
            let position = *positions.entry(text).or_insert_with(|| {
                texts.push(block(text));
                texts.len() - 1
            });
            (line(path), position)
        });
        let mut files: Vec<(String, usize)> = files.collect();
        // What a reader looks for comes first.
        files.sort_by_key(|(path, _)| !path.ends_with(".ebuild"));
        sources.insert(checksum.clone(), files);
    }
    (sources, texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_script_is_given_this() {
        insta::assert_json_snapshot!(Data::new(&[sample::results()]));
    }

    #[test]
    fn package_managers_that_differ_are_marked() {
        let mut results = sample::results();
        let mut other = results.runs[0].clone();
        other.domain = "pkgcore@0.12.48".to_owned();
        other.instances.retain(|i| i.case != "lacking");
        other.instances[0].verdict = Verdict::Failed;
        results.runs.push(other);
        let data = Data::new(&[results]);
        let differing: Vec<&str> = data
            .rows
            .iter()
            .filter(|r| r.differs)
            .map(|r| r.id.as_str())
            .collect();
        assert_eq!(differing, ["good@8"]);
        assert!(data.rows[2].cells[1].is_none());
    }
}

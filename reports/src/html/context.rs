//! What the page shows.

use std::collections::BTreeMap;

use pmsts_testcases::{Finding, Outcome, Verdict};
use serde::Serialize;

use crate::record::{BuildRecord, Instance, Results, Run};
use crate::repeat::command as repeat;

/// What the template is given.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    interrupted: bool,
    domains: Vec<Domain>,
    verdicts: Vec<VerdictWord>,
    sections: Vec<Section>,
    eapis: Vec<String>,
    /// The instances as JSON that cannot end the script element.
    data: String,
}

#[derive(Debug, Serialize)]
struct Domain {
    name: String,
    about: String,
    started: String,
    suite: String,
    notes: Vec<String>,
    totals: Vec<Count>,
    broken: Option<String>,
}

#[derive(Debug, Serialize)]
struct VerdictWord {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
}

/// How often a verdict was given.
#[derive(Debug, Serialize)]
struct Count {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    number: usize,
}

#[derive(Debug, Serialize)]
struct Section {
    name: String,
    chapter: String,
    cells: Vec<Cell>,
}

/// A section on one package manager.
#[derive(Debug, Serialize)]
struct Cell {
    class: &'static str,
    counts: Vec<Count>,
}

/// One instance, as the page's script reads it.
#[derive(Debug, Serialize)]
struct Item<'a> {
    id: &'a str,
    case: &'a str,
    title: &'a str,
    eapi: &'a str,
    section: &'a str,
    requirements: &'a [String],
    domain: usize,
    verdict: &'static str,
    reason: Option<&'a str>,
    disputed: Option<&'a str>,
    findings: Vec<Shown<'a>>,
    steps: Vec<String>,
    log: &'a str,
    repeat: String,
    source: &'a str,
    differs: bool,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    address: &'a str,
    outcome: Outcome,
    expected: &'a str,
    exact: Option<String>,
    actual: Option<String>,
    note: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    items: Vec<Item<'a>>,
    domains: Vec<&'a str>,
    sources: BTreeMap<&'a str, &'a BTreeMap<String, String>>,
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotObserved => "not-observed",
        Verdict::TimedOut => "timed-out",
        Verdict::Error => "error",
        Verdict::Skipped => "skipped",
        Verdict::Unsupported => "unsupported",
        Verdict::Recorded => "recorded",
    }
}

/// A sign for those who do not see the colours.
fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "✓",
        Verdict::Failed => "✗",
        Verdict::NotObserved => "?",
        Verdict::TimedOut => "⧖",
        Verdict::Error => "!",
        Verdict::Skipped => "–",
        Verdict::Unsupported => "∅",
        Verdict::Recorded => "·",
    }
}

fn counts<'a>(instances: &(impl Iterator<Item = &'a Instance> + Clone)) -> Vec<Count> {
    let number = |verdict| instances.clone().filter(|i| i.verdict == verdict).count();
    Verdict::ALL
        .into_iter()
        .map(|v| Count {
            class: class(v),
            sign: sign(v),
            words: v.words(),
            number: number(v),
        })
        .filter(|c| c.number > 0)
        .collect()
}

impl Page {
    pub(super) fn new(results: &[Results]) -> Result<Self, serde_json::Error> {
        let runs: Vec<(&Results, &Run)> = results
            .iter()
            .flat_map(|r| r.runs.iter().map(move |run| (r, run)))
            .collect();
        let mut eapis: Vec<String> = runs
            .iter()
            .flat_map(|(_, run)| &run.instances)
            .map(|i| i.eapi.clone())
            .collect();
        eapis.sort();
        eapis.dedup();
        let names: Vec<&str> = runs.iter().map(|(_, run)| run.domain.as_str()).collect();
        Ok(Self {
            title: format!("PMS conformance of {}", names.join(", ")),
            interrupted: results.iter().any(|r| r.interrupted),
            domains: runs
                .iter()
                .map(|(results, run)| domain(results, run))
                .collect(),
            verdicts: Verdict::ALL
                .into_iter()
                .map(|v| VerdictWord {
                    class: class(v),
                    sign: sign(v),
                    words: v.words(),
                })
                .collect(),
            sections: sections(&runs),
            eapis,
            data: data(results, &runs)?,
        })
    }
}

fn domain(results: &Results, run: &Run) -> Domain {
    let interpreter = run
        .interpreter
        .as_ref()
        .map(|i| format!(", {i}"))
        .unwrap_or_default();
    let revision = results
        .suite
        .revision
        .as_deref()
        .unwrap_or("unknown revision");
    Domain {
        name: run.domain.clone(),
        about: format!(
            "{} {}, Bash {}{interpreter}, testbed {}, Linux {} ({})",
            run.pm, run.version, run.bash, run.testbed, results.host.kernel, results.host.system
        ),
        started: results.started.clone(),
        suite: format!(
            "pmsts {} ({revision}), PMS {}",
            results.suite.version, results.suite.pms_revision
        ),
        notes: run.notes.clone(),
        totals: counts(&run.instances.iter()),
        broken: run.broken.clone(),
    }
}

fn sections(runs: &[(&Results, &Run)]) -> Vec<Section> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for instance in runs.iter().flat_map(|(_, run)| &run.instances) {
        let name = (instance.chapter.as_str(), instance.section.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let cell = |run: &Run, (chapter, section): (&str, &str)| {
        let own = run
            .instances
            .iter()
            .filter(|i| i.section == section && i.chapter == chapter);
        let counts = counts(&own);
        let worst = own.map(|i| i.verdict).max_by_key(|v| severity(*v));
        Cell {
            class: worst.map_or("none", class),
            counts,
        }
    };
    names
        .into_iter()
        .map(|name| Section {
            chapter: name.0.to_owned(),
            name: name.1.to_owned(),
            cells: runs.iter().map(|(_, run)| cell(run, name)).collect(),
        })
        .collect()
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 7,
        Verdict::NotObserved => 6,
        Verdict::TimedOut => 5,
        Verdict::Error => 4,
        Verdict::Passed => 3,
        Verdict::Recorded => 2,
        Verdict::Skipped => 1,
        Verdict::Unsupported => 0,
    }
}

fn data(results: &[Results], runs: &[(&Results, &Run)]) -> Result<String, serde_json::Error> {
    let mut verdicts: BTreeMap<&str, Vec<Verdict>> = BTreeMap::new();
    for instance in runs.iter().flat_map(|(_, run)| &run.instances) {
        verdicts
            .entry(&instance.id)
            .or_default()
            .push(instance.verdict);
    }
    let differs = |id: &str| verdicts[id].iter().any(|v| *v != verdicts[id][0]);
    let mut items = Vec::new();
    for (domain, (_, run)) in runs.iter().enumerate() {
        for instance in &run.instances {
            items.push(item(domain, run, instance, differs(&instance.id)));
        }
    }
    let sources = results.iter().flat_map(|r| &r.sources);
    let data = Data {
        items,
        domains: runs.iter().map(|(_, run)| run.domain.as_str()).collect(),
        sources: sources
            .map(|(sum, source)| (sum.as_str(), &source.files))
            .collect(),
    };
    // In a script element only `<` could begin something else.
    Ok(serde_json::to_string(&data)?.replace('<', "\\u003c"))
}

fn item<'a>(domain: usize, run: &'a Run, instance: &'a Instance, differs: bool) -> Item<'a> {
    let build = instance.build.and_then(|index| run.builds.get(index));
    let dull = instance.verdict == Verdict::Passed;
    let shown = |finding: &'a Finding| Shown {
        address: &finding.address,
        outcome: finding.outcome,
        expected: &finding.expected,
        exact: finding
            .exact
            .as_ref()
            .filter(|_| !dull)
            .map(ToString::to_string),
        actual: finding.actual.as_ref().map(ToString::to_string),
        note: finding.note.as_deref(),
    };
    Item {
        id: &instance.id,
        case: &instance.case,
        title: &instance.title,
        eapi: &instance.eapi,
        section: &instance.section,
        requirements: &instance.requirements,
        domain,
        verdict: class(instance.verdict),
        reason: instance.reason.as_deref(),
        disputed: instance.disputed.as_deref(),
        findings: instance.findings.iter().map(shown).collect(),
        steps: build
            .map(|b| b.steps.iter().map(|s| step(b, s)).collect())
            .unwrap_or_default(),
        log: build.map_or("", |b| b.log.as_str()),
        repeat: repeat(run, instance),
        source: &instance.checksum,
        differs,
    }
}

/// `install: exit status 0 after 1203 ms (with 11 others); main:src_install 12 ms …`
fn step(build: &BuildRecord, step: &crate::record::StepRecord) -> String {
    let others = match build.batch_size {
        0 | 1 => String::new(),
        n => format!(" (with {} others)", n - 1),
    };
    let phases: Vec<String> = step
        .phases
        .iter()
        .map(|p| match p.end_ms {
            Some(end) => format!(
                "{}:{} {} ms",
                p.ebuild,
                p.phase,
                end.saturating_sub(p.begin_ms)
            ),
            None => format!("{}:{} did not end", p.ebuild, p.phase),
        })
        .collect();
    let seen = if phases.is_empty() {
        "no phase seen".to_owned()
    } else {
        phases.join(", ")
    };
    format!(
        "{}: {} after {} ms{others}; {seen}",
        step.name, step.ended, step.duration_ms
    )
}

//! The data of the report's template: facts about the runs, the totals of each target, the table of sections, and charts.

use std::collections::BTreeSet;

use pmsts_testcases::{Catalogue, PMS_PAGE};
use serde::Serialize;

use super::badge::Badge;
use super::chart::{self, Chart, Segment};
use super::coverage::{self, Coverage};
use super::dearest::{self, Dearest};
use super::facts::{self, Fact, Note};
use super::findings::{self, Findings};
use super::matrix::{self, Chapter, Count};
use super::readiness::{self, Readiness};
use super::scope::Scope;
use super::time::duration;
use crate::describe::category::Category;
use crate::describe::text::line;
use crate::record::TargetRecord;

/// The data of `report.hbs`.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    title: String,
    interrupted: bool,
    /// Whether the records were made with different versions of the suite.
    suites_differ: bool,
    facts: Vec<Fact>,
    targets: Vec<Target>,
    notes: Vec<Note>,
    /// What is missing from the records.
    missing: Vec<Note>,
    verdicts: Vec<Badge>,
    findings: Findings,
    /// Where the PMS is published.
    pms: &'static str,
    eapis: Vec<String>,
    chapters: Vec<Chapter>,
    /// Number of columns of the table of sections.
    columns: usize,
    /// One for each package manager with several versions.
    charts: Vec<Chart>,
    readiness: Readiness,
    coverage: Coverage,
    dearest: Vec<Dearest>,
}

/// A target with its totals.
#[derive(Debug, Serialize)]
struct Target {
    name: String,
    bash: String,
    interpreter: String,
    testbed: String,
    time: String,
    broken: Option<String>,
    /// One for each category.
    totals: Vec<Count>,
    /// The totals as a bar.
    bar: Vec<Segment>,
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
            facts: facts::facts(scope.results),
            targets: targets
                .iter()
                .map(|target| summary(target, &kinds))
                .collect(),
            notes: facts::notes(targets),
            missing: facts::missing(targets),
            verdicts: kinds.iter().map(|kind| Badge::from(*kind)).collect(),
            findings: findings::findings(scope),
            pms: PMS_PAGE,
            eapis: eapis.into_iter().map(line).collect(),
            chapters: matrix::chapters(scope),
            columns: 1 + targets.len(),
            charts: chart::charts(scope),
            readiness: readiness::readiness(scope, catalogue),
            coverage: coverage::coverage(scope, catalogue),
            dearest: dearest::dearest(targets),
        }
    }
}

/// All names, or the first and the last where there are more than three.
fn title(names: &[String]) -> String {
    match names {
        [first, .., last] if names.len() > 3 => {
            format!("{} package managers, {first} to {last}", names.len())
        }
        _ => names.join(", "),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn data_of_a_report() {
        let results = [sample::results()];
        insta::assert_json_snapshot!(Page::new(&Scope::new(&results), &Catalogue::new()));
    }
}

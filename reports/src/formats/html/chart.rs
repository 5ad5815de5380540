//! Charts: a bar with the verdicts of each target, and for each package manager the findings of its versions. Lengths
//! are in units of the SVG.

use std::collections::HashSet;

use pmsts_testcases::Verdict;
use serde::Serialize;

use super::badge::{Badge, STATUSES, status};
use super::scope::Scope;
use crate::describe::category::Category;
use crate::describe::text::line;
use crate::findings;
use crate::record::{Instance, TargetRecord};
use crate::version;

/// Width of a target's bar.
const BAR: usize = 160;
/// Height of the tallest column.
const HEIGHT: usize = 100;
/// Width of a column with the space beside it.
const STEP: usize = 64;
/// Space above the columns, for their counts.
const ABOVE: usize = 16;
/// Space below the columns, for their names.
const BELOW: usize = 20;
/// Maximum length of a version, in characters.
const NAME: usize = 10;

/// A part of a bar or column.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Segment {
    #[serde(flatten)]
    badge: Badge,
    count: usize,
    /// Where it begins, from the left of a bar or the top of a column.
    at: usize,
    length: usize,
}

/// The findings of a package manager by version, in what all of these versions ran.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    pm: String,
    /// The number of instances that all versions ran.
    common: usize,
    width: usize,
    height: usize,
    /// Bottom of the columns.
    ground: usize,
    columns: Vec<Column>,
    /// The counts in words.
    words: String,
}

#[derive(Debug, Serialize)]
struct Column {
    target: String,
    name: String,
    at: usize,
    middle: usize,
    /// Position of the count.
    top: usize,
    count: usize,
    segments: Vec<Segment>,
}

/// The verdicts of a target as a bar. A category with few instances still gets a visible width.
pub(super) fn bar(target: &TargetRecord) -> Vec<Segment> {
    let total = target.instances.len().max(1);
    let mut segments: Vec<Segment> = Category::all()
        .map(|kind| (kind, kind.count(target)))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| Segment {
            badge: kind.into(),
            count,
            at: 0,
            length: (count * BAR / total).max(3),
        })
        .collect();
    let over = segments.iter().map(|s| s.length).sum::<usize>();
    if let Some(longest) = segments.iter_mut().max_by_key(|s| s.length) {
        longest.length = (longest.length + BAR).saturating_sub(over);
    }
    let mut at = 0;
    for segment in &mut segments {
        segment.at = at;
        at += segment.length;
    }
    segments
}

/// A chart for each package manager of which several versions ran something in common.
pub(super) fn charts(scope: &Scope<'_>) -> Vec<Chart> {
    let mut pms: Vec<&str> = Vec::new();
    for target in &scope.targets {
        if !pms.contains(&target.pm.as_str()) {
            pms.push(&target.pm);
        }
    }
    let targets = pms.into_iter().map(|pm| {
        let own = scope.targets.iter().copied().filter(|t| t.pm == pm);
        (pm, own.filter(|t| ran(t).next().is_some()).collect())
    });
    targets
        .filter(|(_, targets): &(_, Vec<&TargetRecord>)| targets.len() > 1)
        .filter_map(|(pm, targets)| chart(pm, targets))
        .collect()
}

/// The instances of a target that have a verdict on the package manager.
fn ran(target: &TargetRecord) -> impl Iterator<Item = &Instance> {
    target.instances.iter().filter(|i| {
        let has_verdict = i.verdict.is_failure();
        has_verdict || matches!(i.verdict, Verdict::Passed | Verdict::Blocked)
    })
}

fn chart(pm: &str, mut targets: Vec<&TargetRecord>) -> Option<Chart> {
    targets.sort_by(|a, b| version::compare(&a.version, &b.version));
    let ids = |target| ran(target).map(|i| i.id.as_str()).collect();
    let common = targets
        .iter()
        .map(|target| ids(target))
        .reduce(|one: HashSet<&str>, other| &one & &other)?;
    if common.is_empty() {
        return None;
    }
    let counts: Vec<_> = targets.iter().map(|t| counts(t, &common)).collect();
    let most = counts.iter().map(|all| all.iter().sum::<usize>()).max();
    let most = most.unwrap_or_default().max(1);
    let ground = ABOVE + HEIGHT;
    let columns = targets.iter().zip(counts).enumerate();
    let columns: Vec<Column> = columns
        .map(|(at, (target, counts))| column(target, counts, at * STEP, most))
        .collect();
    let words = columns.iter().map(|c| format!("{} {}", c.target, c.count));
    Some(Chart {
        pm: line(pm),
        common: common.len(),
        width: targets.len() * STEP,
        height: ground + BELOW,
        ground,
        words: words.collect::<Vec<_>>().join(", "),
        columns,
    })
}

/// The number of findings of each status that these instances show.
fn counts(target: &TargetRecord, common: &HashSet<&str>) -> [usize; 4] {
    let shows = |instances: &[&Instance]| instances.iter().any(|i| common.contains(i.id.as_str()));
    let known = findings::known(target);
    let known = known.iter().filter(|finding| shows(&finding.instances));
    let known: Vec<&str> = known.map(|it| status(&it.about.kind)).collect();
    let new = findings::new(target);
    let new = new.iter().filter(|finding| shows(&finding.instances));
    let new = new.count();
    STATUSES.map(|of| match of {
        "new" => new,
        _ => known.iter().filter(|status| **status == of).count(),
    })
}

fn column(target: &TargetRecord, counts: [usize; 4], at: usize, most: usize) -> Column {
    let mut top = ABOVE + HEIGHT;
    let mut segments = Vec::new();
    for (status, count) in STATUSES.into_iter().zip(counts) {
        if count > 0 {
            let length = (count * HEIGHT / most).max(2);
            top = top.saturating_sub(length);
            segments.push(Segment {
                badge: Badge::of_findings(status),
                count,
                at: top,
                length,
            });
        }
    }
    let version = line(&target.version);
    let name: String = version.chars().take(NAME).collect();
    Column {
        target: line(&target.name),
        name: if name == version {
            name
        } else {
            format!("{name}…")
        },
        at: at + STEP / 8,
        middle: at + STEP / 2,
        top: top.saturating_sub(4),
        count: counts.iter().sum(),
        segments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_bar_is_full_and_shows_rare_categories() {
        let mut results = sample::results();
        let target = &mut results.targets[0];
        let passed = target.instances[0].clone();
        target.instances.extend(vec![passed; 2000]);
        let bar = bar(target);
        assert_eq!(bar.iter().map(|s| s.length).sum::<usize>(), BAR);
        assert!(bar.iter().all(|s| s.length >= 3), "{bar:?}");
    }

    #[test]
    fn versions_are_in_order() {
        let mut results = sample::results();
        for version in ["3.0.9", "3.0.100"] {
            let mut target = results.targets[0].clone();
            target.version = version.to_owned();
            target.name = format!("portage@{version}");
            results.targets.push(target);
        }
        let results = [results];
        let charts = charts(&Scope::new(&results));
        assert_eq!(
            charts[0].words,
            "portage@3.0.9 1, portage@3.0.83 1, portage@3.0.100 1"
        );
        assert_eq!(charts[0].columns[0].segments[0].length, HEIGHT);
    }

    #[test]
    fn versions_are_compared_on_what_all_of_them_ran() {
        let mut results = sample::results();
        let mut newer = results.targets[0].clone();
        newer.version = "3.0.84".to_owned();
        let failing = |i: &Instance| i.verdict.is_failure();
        newer.instances.retain(|i| !failing(i));
        let failures = results.targets[0].instances.iter().filter(|i| failing(i));
        assert!(failures.count() > 0);
        results.targets.push(newer);
        let results = [results];
        let charts = charts(&Scope::new(&results));
        assert!(charts[0].columns.iter().all(|column| column.count == 0));
        assert_eq!(charts[0].common, ran(&results[0].targets[1]).count());
    }

    #[test]
    fn one_version_gets_no_chart() {
        assert!(charts(&Scope::new(&[sample::results()])).is_empty());
    }
}

//! Charts: a bar with the verdicts of each target, and for each package manager the problems of its versions. Lengths
//! are in units of the SVG.

use pmsts_testcases::Verdict;
use serde::Serialize;

use super::badge::Badge;
use super::scope::Scope;
use crate::describe::category::Category;
use crate::describe::text::line;
use crate::record::TargetRecord;
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

/// The categories in a column, from the bottom.
const PROBLEMS: [Category; 6] = [
    Category::Verdict(Verdict::Failed),
    Category::Verdict(Verdict::NotObserved),
    Category::Verdict(Verdict::TimedOut),
    Category::Lenient,
    Category::Known,
    Category::Verdict(Verdict::Error),
];

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

/// The problems of a package manager by version.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    pm: String,
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

fn problems(target: &TargetRecord) -> usize {
    PROBLEMS.into_iter().map(|kind| kind.count(target)).sum()
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

/// A chart for each package manager with several versions.
pub(super) fn charts(scope: &Scope<'_>) -> Vec<Chart> {
    let mut pms: Vec<&str> = Vec::new();
    for target in &scope.targets {
        if !pms.contains(&target.pm.as_str()) {
            pms.push(&target.pm);
        }
    }
    let targets = pms.into_iter().map(|pm| {
        let own = scope.targets.iter().copied();
        (
            pm,
            own.filter(|target| target.pm == pm)
                .collect::<Vec<&TargetRecord>>(),
        )
    });
    targets
        .filter(|(_, targets)| targets.len() > 1)
        .map(|(pm, targets)| chart(pm, targets))
        .collect()
}

fn chart(pm: &str, mut targets: Vec<&TargetRecord>) -> Chart {
    targets.sort_by(|a, b| version::compare(&a.version, &b.version));
    let most = targets.iter().map(|target| problems(target)).max();
    let most = most.unwrap_or_default().max(1);
    let ground = ABOVE + HEIGHT;
    let columns = targets.iter().enumerate();
    let columns: Vec<Column> = columns
        .map(|(at, target)| column(target, at * STEP, most, ground))
        .collect();
    let words = columns.iter().map(|c| format!("{} {}", c.target, c.count));
    Chart {
        pm: line(pm),
        width: targets.len() * STEP,
        height: ground + BELOW,
        ground,
        words: words.collect::<Vec<_>>().join(", "),
        columns,
    }
}

fn column(target: &TargetRecord, at: usize, most: usize, ground: usize) -> Column {
    let mut top = ground;
    let mut segments = Vec::new();
    for kind in PROBLEMS {
        let count = kind.count(target);
        if count > 0 {
            let length = (count * HEIGHT / most).max(2);
            top = top.saturating_sub(length);
            segments.push(Segment {
                badge: kind.into(),
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
        count: problems(target),
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
    fn one_version_gets_no_chart() {
        assert!(charts(&Scope::new(&[sample::results()])).is_empty());
    }
}

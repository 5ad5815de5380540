//! The findings, with which a report begins: new ones first, then known ones by package manager and section. All texts
//! are safe to show.

use std::collections::BTreeMap;

use pmsts_testcases::Section;
use serde::Serialize;

use super::badge::{Badge, STATUSES, status};
use super::scope::Scope;
use crate::describe::alike::{actual, bad};
use crate::describe::repeat;
use crate::describe::text::line;
use crate::findings::{known, new};
use crate::record::{FindingRecord, Instance, TargetRecord};

/// Maximum number of values shown for a finding.
const VALUES: usize = 4;
/// Maximum length of a value, in characters.
const CHARACTERS: usize = 300;

/// The findings of a report.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    /// How many there are of each kind, in words.
    words: String,
    rows: Vec<Row>,
}

/// A finding: a row of the table.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    title: String,
    /// `new`, `known`, `disputed` or `lenient`.
    status: &'static str,
    /// CSS class of the status.
    class: &'static str,
    /// Names of the targets that show it.
    targets: String,
    sections: Vec<Named>,
    since: String,
    reason: Option<String>,
    source: Option<String>,
    until: Option<String>,
    bug: Option<String>,
    /// Values of the first instance that are not the expected ones.
    values: Vec<Values>,
    /// Ids of the instances, each once.
    instances: Vec<String>,
    count: usize,
    /// Number of instances that could not be judged because of it.
    blocked: usize,
    /// The command that runs the instances of its first case again.
    again: String,
}

/// A section of the PMS: its name, and the labels in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Named {
    name: String,
    label: String,
}

#[derive(Debug, Serialize)]
struct Values {
    address: String,
    expected: String,
    actual: String,
}

impl Named {
    pub(super) fn new(chapter: Option<&str>, label: &str) -> Self {
        let section = Section::find(chapter, label);
        Self {
            name: line(&section.map_or_else(|| label.to_owned(), Section::name)),
            label: line(label),
        }
    }
}

/// The findings of all targets; one that several targets show is one row.
pub(super) fn findings(scope: &Scope<'_>) -> Findings {
    let mut rows: Vec<Row> = Vec::new();
    for target in &scope.targets {
        for finding in new(target) {
            let about = proposed(&finding.instances);
            let row = row(target, &finding.id, &about, "new", &finding.instances);
            add(&mut rows, row);
        }
        for finding in known(target) {
            let status = status(&finding.about.kind);
            let mut row = row(
                target,
                finding.id,
                &finding.about,
                status,
                &finding.instances,
            );
            row.blocked = finding.blocked.len();
            add(&mut rows, row);
        }
    }
    rows.sort_by_key(|row| (place(row.status), row.targets.clone()));
    Findings {
        words: words(&rows),
        rows,
    }
}

/// The order of a status in the table.
fn place(status: &str) -> usize {
    let mut order = STATUSES.iter();
    order.position(|s| *s == status).unwrap_or_default()
}

/// How many findings there are of each status.
fn words(rows: &[Row]) -> String {
    let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for row in rows {
        *counts.entry((place(row.status), row.status)).or_default() += 1;
    }
    let words = counts
        .iter()
        .map(|((_, status), count)| format!("{count} {status}"));
    words.collect::<Vec<_>>().join(", ")
}

/// What a new finding says for itself until somebody has looked at it.
fn proposed(instances: &[&Instance]) -> FindingRecord {
    let first = instances[0];
    let mut sections: Vec<String> = Vec::new();
    for instance in instances {
        if !sections.contains(&instance.section) {
            sections.push(instance.section.clone());
        }
    }
    FindingRecord {
        title: format!("Not so: {}", first.title),
        sections,
        reason: first.disputed.clone().unwrap_or_default(),
        ..FindingRecord::default()
    }
}

fn row(
    target: &TargetRecord,
    id: &str,
    about: &FindingRecord,
    status: &'static str,
    instances: &[&Instance],
) -> Row {
    let first = instances[0];
    let of_case = instances.iter().filter(|i| i.case == first.case);
    let of_case: Vec<&Instance> = of_case.copied().collect();
    let optional = |text: &Option<String>| text.as_deref().map(line);
    let section = |label: &String| {
        let known = instances.iter().find(|i| i.section == *label);
        Named::new(known.map(|i| i.chapter.as_str()), label)
    };
    Row {
        id: line(id),
        title: line(&about.title),
        status,
        class: Badge::of_findings(status).class(),
        targets: line(&target.name),
        sections: named(about.sections.iter().map(section)),
        since: optional(&about.began()).unwrap_or_default(),
        reason: Some(line(&about.reason)).filter(|reason| !reason.is_empty()),
        source: optional(&about.source),
        until: optional(&about.until),
        bug: optional(&about.bug),
        values: values(first),
        instances: instances.iter().map(|i| line(&i.id)).collect(),
        count: instances.len(),
        blocked: 0,
        again: repeat::command(target, &of_case),
    }
}

/// Sections, each once: several labels can stand in one.
fn named(sections: impl Iterator<Item = Named>) -> Vec<Named> {
    let mut out: Vec<Named> = Vec::new();
    for section in sections {
        match out.iter_mut().find(|there| there.name == section.name) {
            Some(there) if there.label == section.label => {}
            Some(there) => there.label = format!("{}, {}", there.label, section.label),
            None => out.push(section),
        }
    }
    out
}

fn values(instance: &Instance) -> Vec<Values> {
    let value = bad(instance).take(VALUES).map(|compared| Values {
        address: line(&compared.address),
        expected: cut(&line(&compared.expected)),
        actual: cut(&line(seen(&actual(compared)))),
    });
    value.collect()
}

/// The observed value without the word that says so: the column has it.
fn seen(words: &str) -> &str {
    words.strip_prefix("actual ").unwrap_or(words)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Adds a row; the same finding on another target is added to its row.
fn add(rows: &mut Vec<Row>, row: Row) {
    let same = |r: &&mut Row| !row.id.is_empty() && r.id == row.id && r.status == row.status;
    let Some(there) = rows.iter_mut().find(same) else {
        return rows.push(row);
    };
    there.targets = format!("{}, {}", there.targets, row.targets);
    there.count += row.count;
    there.blocked += row.blocked;
    for id in row.instances {
        if !there.instances.contains(&id) {
            there.instances.push(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Verdict;

    use super::*;
    use crate::record::{LedgerNote, Results};
    use crate::sample;

    fn results() -> Results {
        let mut results = sample::results();
        let mut known = sample::instance("listed", Verdict::Failed, b"b");
        known.ledger = Some(LedgerNote::Known {
            kind: "disputed".to_owned(),
            reason: "<b>both</b> readings".to_owned(),
            finding: "portage-a".to_owned(),
            title: "It does so".to_owned(),
            shipped: true,
        });
        results.targets[0].instances.insert(0, known);
        results
    }

    #[test]
    fn data_of_the_findings() {
        let results = [results()];
        insta::assert_json_snapshot!(findings(&Scope::new(&results)));
    }

    #[test]
    fn a_finding_of_two_versions_is_one_row() {
        let mut results = results();
        let mut other = results.targets[0].clone();
        other.name = "portage@3.0.84".to_owned();
        results.targets.push(other);
        let results = [results];
        let found = findings(&Scope::new(&results));
        assert_eq!(found.words, "1 new, 1 disputed");
        assert_eq!(found.rows[1].targets, "portage@3.0.83, portage@3.0.84");
        assert_eq!((found.rows[1].count, found.rows[1].instances.len()), (2, 1));
    }
}

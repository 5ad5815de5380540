//! The table of sections and targets, with the number of instances of each verdict in every cell.

use serde::Serialize;

use super::badge::{Badge, worst};
use super::scope::Scope;
use crate::describe::category::Category;
use crate::describe::text::line;
use crate::record::Instance;

/// The number of instances of one category.
#[derive(Debug, Serialize)]
pub(super) struct Count {
    #[serde(flatten)]
    badge: Badge,
    count: usize,
}

/// A chapter of the PMS: rows of the table.
#[derive(Debug, Serialize)]
pub(super) struct Chapter {
    name: String,
    sections: Vec<Section>,
}

/// A section of the PMS: a row of the table.
#[derive(Debug, Serialize)]
struct Section {
    label: String,
    /// Number and title, as readers of the PMS know them.
    title: String,
    /// Chapter and label, as many chapters have an `unlabelled:Overview`.
    name: String,
    /// One for each target.
    cells: Vec<Cell>,
}

/// The instances of a section on one target.
#[derive(Debug, Serialize)]
struct Cell {
    /// The target and the counts, in words.
    words: String,
    /// CSS class of the worst verdict.
    class: &'static str,
    counts: Vec<Count>,
}

impl Count {
    pub(super) fn new(kind: Category, count: usize) -> Self {
        Self {
            badge: kind.into(),
            count,
        }
    }
}

/// The number of instances in each category that has any.
fn counts(instances: &[&Instance]) -> Vec<Count> {
    let count = |kind| instances.iter().filter(|i| Category::of(i) == kind).count();
    Category::all()
        .map(|kind| Count::new(kind, count(kind)))
        .filter(|c| c.count > 0)
        .collect()
}

/// The rows of the table, by chapter.
pub(super) fn chapters(scope: &Scope<'_>) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for (number, (chapter, label)) in scope.sections.iter().enumerate() {
        let name = scope.chapter(number).unwrap_or_else(|| line(chapter));
        if chapters.last().is_none_or(|c| c.name != name) {
            chapters.push(Chapter {
                name,
                sections: Vec::new(),
            });
        }
        let cells = (0..scope.targets.len()).map(|target| cell(scope, number, target));
        let section = Section {
            label: line(label),
            title: scope.title(number),
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

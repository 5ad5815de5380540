//! A summary of every instance, which the report's script filters and lists. All texts are safe to show.

use std::collections::HashMap;

use pmsts_testcases::{Catalogue, Compared, Verdict};
use serde::Serialize;

use super::badge::{Badge, number};
use super::scope::Scope;
use crate::describe::alike::{is_problem, notes, why};
use crate::describe::category::Category;
use crate::describe::repeat;
use crate::describe::text::line;
use crate::record::Instance;

/// Maximum length of the reason why an instance is a problem, in characters.
const SAID: usize = 160;

/// The summary of all instances.
#[derive(Debug, Serialize)]
pub(super) struct Index {
    /// All categories; the cells of rows are positions in this list.
    verdicts: Vec<Badge>,
    targets: Vec<Target>,
    /// Chapter and label of the sections, by number; addresses contain them.
    sections: Vec<String>,
    /// Number and title of the sections.
    titles: Vec<String>,
    /// Id, PMS label and statement of each requirement.
    requirements: Vec<[String; 3]>,
    cases: Vec<Case>,
}

#[derive(Debug, Serialize)]
struct Target {
    name: String,
    /// The beginning of the commands that run an instance again.
    again: String,
}

#[derive(Debug, Serialize)]
struct Case {
    id: String,
    title: String,
    section: usize,
    /// Positions in [`Index::requirements`].
    requirements: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disputed: Option<String>,
    rows: Vec<Row>,
}

/// An instance, with its category on each target.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    eapi: String,
    /// A position in [`Index::verdicts`] for each target; `None` where the target has no such instance.
    cells: Vec<Option<usize>>,
    /// Whether the targets differ.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    differs: bool,
    /// Why the instance is a problem, by target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    said: Vec<(usize, String)>,
}

impl Index {
    pub(super) fn new(scope: &Scope<'_>, catalogue: &Catalogue) -> Self {
        let mut gathered = Gathered::default();
        for (at, target) in scope.targets.iter().enumerate() {
            for instance in &target.instances {
                gathered.take(scope, at, instance);
            }
        }
        let requirement = |id: &&str| {
            let known = catalogue.get(*id);
            let words = known.map_or(["", ""], |r| [&r.section, &r.statement]);
            [line(id), line(words[0]), line(words[1])]
        };
        let target = |target: &&crate::record::TargetRecord| Target {
            name: line(&target.name),
            again: repeat::program(target),
        };
        Self {
            verdicts: Category::all().map(Badge::from).collect(),
            targets: scope.targets.iter().map(target).collect(),
            sections: (0..scope.sections.len()).map(|n| scope.name(n)).collect(),
            titles: (0..scope.sections.len()).map(|n| scope.title(n)).collect(),
            requirements: gathered.requirements.iter().map(requirement).collect(),
            cases: gathered.cases(scope.targets.len()),
        }
    }
}

/// An instance on the targets that have it.
type OnTargets<'a> = Vec<(usize, &'a Instance)>;

#[derive(Default)]
struct Gathered<'a> {
    requirements: Vec<&'a str>,
    requirement_numbers: HashMap<&'a str, usize>,
    cases: Vec<Case>,
    case_numbers: HashMap<(&'a str, usize), usize>,
    /// Instances by case, then by id.
    rows: Vec<Vec<(&'a str, OnTargets<'a>)>>,
    row_numbers: HashMap<&'a str, usize>,
}

impl<'a> Gathered<'a> {
    fn take(&mut self, scope: &Scope<'_>, target: usize, instance: &'a Instance) {
        let section = scope.number(instance);
        let key = (instance.case.as_str(), section);
        let case = *self.case_numbers.entry(key).or_insert_with(|| {
            self.rows.push(Vec::new());
            self.cases.push(Case {
                id: line(&instance.case),
                title: line(&instance.title),
                section,
                requirements: Vec::new(),
                disputed: instance.disputed.as_deref().map(line),
                rows: Vec::new(),
            });
            self.cases.len() - 1
        });
        for id in &instance.requirements {
            let requirement = *self.requirement_numbers.entry(id).or_insert_with(|| {
                self.requirements.push(id);
                self.requirements.len() - 1
            });
            let known = &mut self.cases[case].requirements;
            if !known.contains(&requirement) {
                known.push(requirement);
            }
        }
        let rows = &mut self.rows[case];
        let row = *self.row_numbers.entry(&instance.id).or_insert_with(|| {
            rows.push((&instance.id, Vec::new()));
            rows.len() - 1
        });
        rows[row].1.push((target, instance));
    }

    fn cases(self, targets: usize) -> Vec<Case> {
        let mut cases = self.cases;
        for (case, rows) in cases.iter_mut().zip(&self.rows) {
            case.rows = rows.iter().map(|(id, on)| row(id, on, targets)).collect();
        }
        // The sort is stable, so cases of a section keep the suite's order.
        cases.sort_by_key(|case| case.section);
        cases
    }
}

fn row(id: &str, on: &[(usize, &Instance)], targets: usize) -> Row {
    let mut cells = vec![None; targets];
    for (target, instance) in on {
        cells[*target] = Some(number(Category::of(instance)));
    }
    let compared = |(_, instance): &(usize, &Instance)| compared(instance);
    let first = on.first().map(compared);
    Row {
        id: line(id),
        eapi: on.first().map_or(String::new(), |(_, i)| line(&i.eapi)),
        cells,
        differs: on.iter().any(|one| Some(compared(one)) != first),
        said: on
            .iter()
            .filter_map(|(target, instance)| Some((*target, said(instance)?)))
            .collect(),
    }
}

/// What targets are compared by: the verdict, and where the PMS leaves the behaviour open, the observed values.
fn compared(instance: &Instance) -> (Verdict, Vec<Option<Vec<u8>>>) {
    let recorded = instance.verdict == Verdict::Recorded;
    let compared = instance.compared.iter().filter(|_| recorded);
    let actual = |f: &Compared| f.actual.as_ref().map(|value| value.0.clone());
    (instance.verdict, compared.map(actual).collect())
}

/// Why an instance is a problem, or flaky.
fn said(instance: &Instance) -> Option<String> {
    if instance.flaky && !is_problem(instance) {
        return notes(instance).pop();
    }
    if !is_problem(instance) && !instance.verdict.is_failure() {
        return None;
    }
    let mut words = line(&why(instance));
    if let Some((at, _)) = words.char_indices().nth(SAID) {
        words.truncate(at);
        words.push('…');
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Results;
    use crate::sample;

    fn index(results: &Results) -> Index {
        let results = std::slice::from_ref(results);
        Index::new(&Scope::new(results), &Catalogue::new())
    }

    #[test]
    fn data_of_the_script() {
        insta::assert_json_snapshot!(index(&sample::results()));
    }

    #[test]
    fn package_managers_that_differ_are_marked() {
        let mut results = sample::results();
        let mut other = results.targets[0].clone();
        other.name = "pkgcore@0.12.48".to_owned();
        other.instances.retain(|i| i.case != "lacking");
        other.instances[0].verdict = Verdict::Failed;
        results.targets.push(other);
        let index = index(&results);
        let rows = || index.cases.iter().flat_map(|case| &case.rows);
        let differing: Vec<&str> = rows()
            .filter(|r| r.differs)
            .map(|r| r.id.as_str())
            .collect();
        assert_eq!(differing, ["good@8"]);
        assert_eq!(rows().last().unwrap().cells, [Some(7), None]);
    }

    #[test]
    fn the_instances_of_a_case_are_listed_together() {
        let mut results = sample::results();
        let mut other = sample::instance("good", Verdict::Passed, b"a");
        other.id = "good@9".to_owned();
        other.eapi = "9".to_owned();
        results.targets[0].instances.push(other);
        let index = index(&results);
        let ids: Vec<&str> = index.cases[0].rows.iter().map(|r| r.id.as_str()).collect();
        assert_eq!((ids, index.cases.len()), (vec!["good@8", "good@9"], 3));
    }
}

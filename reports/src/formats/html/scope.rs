//! The data that all parts of a report use: the targets, and the sections by number.

use std::collections::{BTreeMap, BTreeSet};

use pmsts_testcases::Section;

use crate::describe::text::line;
use crate::record::{Instance, Results, TargetRecord};
use crate::version;

/// The records of a report.
pub(super) struct Scope<'a> {
    pub(super) results: &'a [Results],
    /// The targets, in the order of columns.
    pub(super) targets: Vec<&'a TargetRecord>,
    /// Chapter and label of each section, in order.
    pub(super) sections: Vec<(&'a str, &'a str)>,
    numbers: BTreeMap<(&'a str, &'a str), usize>,
    /// Instances by section and target.
    instances: Vec<Vec<Vec<&'a Instance>>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(results: &'a [Results]) -> Self {
        let mut targets: Vec<&TargetRecord> = results.iter().flat_map(|r| &r.targets).collect();
        if results.len() > 1 {
            targets.sort_by(|a, b| {
                let release = || version::compare(&a.version, &b.version);
                a.pm.cmp(&b.pm).then_with(release)
            });
        }
        let all = targets.iter().flat_map(|target| &target.instances);
        let names: BTreeSet<(&str, &str)> = all.map(section).collect();
        let mut sections: Vec<_> = names.into_iter().collect();
        // In the order of the PMS, as far as it is known.
        sections.sort_by_cached_key(|(chapter, label)| {
            let known = Section::find(Some(chapter), label);
            known.map_or(vec![u32::MAX], Section::order)
        });
        let numbers = sections.iter().enumerate().map(|(at, name)| (*name, at));
        let numbers: BTreeMap<_, _> = numbers.collect();
        let mut instances = vec![vec![Vec::new(); targets.len()]; sections.len()];
        for (at, target) in targets.iter().enumerate() {
            for instance in &target.instances {
                instances[numbers[&section(instance)]][at].push(instance);
            }
        }
        Self {
            results,
            targets,
            sections,
            numbers,
            instances,
        }
    }

    /// The instances of a section on one target.
    pub(super) fn instances(&self, section: usize, target: usize) -> &[&'a Instance] {
        &self.instances[section][target]
    }

    /// The number of an instance's section.
    pub(super) fn number(&self, instance: &Instance) -> usize {
        self.numbers[&section(instance)]
    }

    /// Number and title of the section, as readers of the PMS know them; its label where they are not known.
    pub(super) fn title(&self, number: usize) -> String {
        let (chapter, label) = self.sections[number];
        line(&Section::find(Some(chapter), label).map_or_else(|| label.to_owned(), Section::name))
    }

    /// Number and title of the section's chapter.
    pub(super) fn chapter(&self, number: usize) -> Option<String> {
        let (chapter, label) = self.sections[number];
        let section = Section::find(Some(chapter), label)?;
        let top = section.number.split('.').next()?;
        Some(line(&Section::numbered(top)?.name()))
    }

    /// The section's name, with the chapter, as many chapters have an `unlabelled:Overview`.
    pub(super) fn name(&self, number: usize) -> String {
        let (chapter, label) = self.sections[number];
        line(&format!("{chapter}/{label}"))
    }
}

fn section(instance: &Instance) -> (&str, &str) {
    (&instance.chapter, &instance.section)
}

//! Compares two records: newly failing, newly passing, changed, new and missing instances. Pure.

mod change;
mod pair;
mod surroundings;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::Serialize;

use crate::record::{Results, TargetRecord};
pub use change::{Change, change};
pub use pair::{Entry, Pair, Side};

/// The comparison of two records, target by target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Targets that were compared.
    pub package_managers: Vec<Pair>,
    /// Targets of the old record that no target of the new record was compared with.
    pub only_old: Vec<String>,
    /// Targets of the new record that no target of the old record was compared with.
    pub only_new: Vec<String>,
    /// Differences between the runs apart from the package manager, a sentence each.
    pub surroundings: Vec<String>,
    /// Reasons why the comparison may mislead, a sentence each.
    pub warnings: Vec<String>,
}

impl Comparison {
    /// Compares two records. Targets with the same name are compared with each other. If a record then has
    /// one target left of a package manager, and so has the other, these two are compared: two releases.
    pub fn new(old: &Results, new: &Results) -> Self {
        let mut before: Vec<&TargetRecord> = old.targets.iter().collect();
        let mut after: Vec<&TargetRecord> = new.targets.iter().collect();
        let mut pairs = take_pairs(&mut before, &mut after, |a, b| a.name == b.name);
        let (old_pms, new_pms) = (counts(&before), counts(&after));
        pairs.extend(take_pairs(&mut before, &mut after, |a, b| {
            a.pm == b.pm && old_pms[a.pm.as_str()] == 1 && new_pms[b.pm.as_str()] == 1
        }));
        let place =
            |it: &TargetRecord| new.targets.iter().position(|target| target.name == it.name);
        pairs.sort_by_key(|(_, after)| place(after));
        let names = |targets: Vec<&TargetRecord>| {
            targets.iter().map(|target| target.name.clone()).collect()
        };
        Self {
            surroundings: surroundings::differences(old, new, &pairs),
            warnings: warnings(old, new),
            package_managers: pairs.iter().map(|(a, b)| Pair::new(a, b)).collect(),
            only_old: names(before),
            only_new: names(after),
        }
    }

    /// Whether an instance is newly failing.
    pub fn is_worse(&self) -> bool {
        let mut all = self.package_managers.iter();
        all.any(|pair| !pair.newly_failing.is_empty())
    }
}

fn counts<'a>(targets: &[&'a TargetRecord]) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for target in targets {
        *counts.entry(target.pm.as_str()).or_default() += 1;
    }
    counts
}

/// Removes targets that fit each other from both lists and returns them as pairs.
fn take_pairs<'a>(
    old: &mut Vec<&'a TargetRecord>,
    new: &mut Vec<&'a TargetRecord>,
    fit: impl Fn(&TargetRecord, &TargetRecord) -> bool,
) -> Vec<(&'a TargetRecord, &'a TargetRecord)> {
    let mut pairs = Vec::new();
    new.retain(
        |after| match old.iter().position(|before| fit(before, after)) {
            Some(at) => {
                pairs.push((old.remove(at), *after));
                false
            }
            None => true,
        },
    );
    pairs
}

fn warnings(old: &Results, new: &Results) -> Vec<String> {
    let mut warnings = Vec::new();
    for (which, results) in [("old", old), ("new", new)] {
        if results.interrupted {
            warnings.push(format!(
                "The {which} run was interrupted, so its record is incomplete."
            ));
        }
        for target in &results.targets {
            if let Some(reason) = &target.broken {
                let target = &target.name;
                warnings.push(format!(
                    "{target} could not run in the {which} record: {reason}"
                ));
            }
        }
    }
    if old.suite != new.suite {
        warnings.push(
            "The records were made with different versions of the suite: a change may come from the cases."
                .to_owned(),
        );
    }
    warnings
}

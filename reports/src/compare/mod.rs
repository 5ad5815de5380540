//! Two records against each other: what fails that did not, what passes that did not, what else is
//! not as it was. Pure.

use std::collections::{HashMap, HashSet};

use pmsts_testcases::{Compared, Outcome, Verdict};
use serde::Serialize;

use crate::describe::repeat;
use crate::record::{Instance, Results, TargetRecord};

/// How an instance of the new record stands to that of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails now, and did not.
    NewlyFailing,
    /// It passes now, and did not.
    NewlyPassing,
    /// Something else is not as it was: the verdict, or what was observed where it is not what was
    /// expected.
    Changed,
    /// The old record has no such instance.
    New,
    /// The new record has no such instance.
    Gone,
}

impl Change {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::NewlyFailing,
        Self::NewlyPassing,
        Self::Changed,
        Self::New,
        Self::Gone,
    ];

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly failing",
            Self::NewlyPassing => "newly passing",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// Two records, package manager by package manager.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Those of which both records have a run.
    pub package_managers: Vec<Pair>,
    /// Targets of the old record that stand beside none of the new one.
    pub only_old: Vec<String>,
    /// Targets of the new record that stand beside none of the old one.
    pub only_new: Vec<String>,
    /// What a reader must know before believing it, a sentence each.
    pub warnings: Vec<String>,
}

/// A run beside an older one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Package manager.
    pub pm: String,
    /// The old target.
    pub old_target: String,
    /// The new target.
    pub new_target: String,
    /// How many instances are as they were.
    pub same: usize,
    /// Fail now, and did not.
    pub newly_failing: Vec<Entry>,
    /// Pass now, and did not.
    pub newly_passing: Vec<Entry>,
    /// Are not as they were in some other way.
    pub changed: Vec<Entry>,
    /// Were not there.
    pub new: Vec<Entry>,
    /// Are not there any more.
    pub gone: Vec<Entry>,
}

/// An instance that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Id of the instance.
    pub id: String,
    /// Title of its case.
    pub title: String,
    /// PMS label.
    pub section: String,
    /// In the old record.
    pub before: Option<Side>,
    /// In the new record.
    pub after: Option<Side>,
    /// The command that runs it again.
    pub again: String,
}

/// An instance in one record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Its verdict.
    pub verdict: Verdict,
    /// Why, where the comparisons do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is not as expected, or only recorded.
    pub compared: Vec<Compared>,
}

impl Comparison {
    /// Compares two records. Runs of the same target stand beside each other; of those left, the
    /// only run of a package manager beside the only one of the other record: two releases.
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
            warnings: warnings(old, new, &pairs),
            package_managers: pairs.iter().map(|(a, b)| Pair::new(a, b)).collect(),
            only_old: names(before),
            only_new: names(after),
        }
    }

    /// Whether something fails that did not.
    pub fn is_worse(&self) -> bool {
        let mut all = self.package_managers.iter();
        all.any(|compared| !compared.newly_failing.is_empty())
    }
}

impl Pair {
    fn new(old: &TargetRecord, new: &TargetRecord) -> Self {
        let mut compared = Self {
            pm: new.pm.clone(),
            old_target: old.name.clone(),
            new_target: new.name.clone(),
            same: 0,
            newly_failing: Vec::new(),
            newly_passing: Vec::new(),
            changed: Vec::new(),
            new: Vec::new(),
            gone: Vec::new(),
        };
        let before: HashMap<&str, &Instance> =
            old.instances.iter().map(|i| (i.id.as_str(), i)).collect();
        for instance in &new.instances {
            compared.take(
                old,
                new,
                before.get(instance.id.as_str()).copied(),
                Some(instance),
            );
        }
        let after: HashSet<&str> = new.instances.iter().map(|i| i.id.as_str()).collect();
        for instance in old
            .instances
            .iter()
            .filter(|i| !after.contains(i.id.as_str()))
        {
            compared.take(old, new, Some(instance), None);
        }
        compared
    }

    fn take(
        &mut self,
        old: &TargetRecord,
        new: &TargetRecord,
        before: Option<&Instance>,
        after: Option<&Instance>,
    ) {
        let (Some(shown), target) = (after.or(before), if after.is_some() { new } else { old })
        else {
            return;
        };
        let Some(change) = change(before, after) else {
            self.same += 1;
            return;
        };
        let entry = Entry {
            id: shown.id.clone(),
            title: shown.title.clone(),
            section: shown.section.clone(),
            before: before.map(Side::of),
            after: after.map(Side::of),
            again: repeat::command(target, &[shown]),
        };
        self.list_mut(change).push(entry);
    }

    fn list_mut(&mut self, change: Change) -> &mut Vec<Entry> {
        match change {
            Change::NewlyFailing => &mut self.newly_failing,
            Change::NewlyPassing => &mut self.newly_passing,
            Change::Changed => &mut self.changed,
            Change::New => &mut self.new,
            Change::Gone => &mut self.gone,
        }
    }

    /// The instances of one change.
    pub fn list(&self, change: Change) -> &[Entry] {
        match change {
            Change::NewlyFailing => &self.newly_failing,
            Change::NewlyPassing => &self.newly_passing,
            Change::Changed => &self.changed,
            Change::New => &self.new,
            Change::Gone => &self.gone,
        }
    }
}

impl Side {
    fn of(instance: &Instance) -> Self {
        Self {
            verdict: instance.verdict,
            reason: instance.reason.clone(),
            compared: notable(instance).cloned().collect(),
        }
    }
}

/// What changed; none where nothing did. A value that meets its expectation may be another one each
/// time (a process id, a path), so only others are compared.
pub fn change(before: Option<&Instance>, after: Option<&Instance>) -> Option<Change> {
    let (old, new) = match (before, after) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(_)) => return Some(Change::New),
        (Some(_), None) => return Some(Change::Gone),
        (None, None) => return None,
    };
    if new.verdict.is_failure() && !old.verdict.is_failure() {
        Some(Change::NewlyFailing)
    } else if new.verdict == Verdict::Passed && old.verdict != Verdict::Passed {
        Some(Change::NewlyPassing)
    } else if old.verdict != new.verdict || !notable(old).map(seen).eq(notable(new).map(seen)) {
        Some(Change::Changed)
    } else {
        None
    }
}

fn notable(instance: &Instance) -> impl Iterator<Item = &Compared> {
    instance
        .compared
        .iter()
        .filter(|f| f.outcome != Outcome::Met)
}

fn seen(compared: &Compared) -> (&str, &str, Option<&pmsts_testcases::Value>) {
    (
        &compared.address,
        &compared.expected,
        compared.actual.as_ref(),
    )
}

fn counts<'a>(targets: &[&'a TargetRecord]) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for target in targets {
        *counts.entry(target.pm.as_str()).or_default() += 1;
    }
    counts
}

/// Moves the pairs that fit out of both lists.
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

fn warnings(old: &Results, new: &Results, pairs: &[(&TargetRecord, &TargetRecord)]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (which, results) in [("old", old), ("new", new)] {
        if results.interrupted {
            warnings.push(format!(
                "The {which} run was interrupted: what it has is true, but not all."
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
        warnings.push("Different suites judged: what changed may be the cases.".to_owned());
    }
    for (before, after) in pairs {
        if before.bash != after.bash {
            warnings.push(format!(
                "{} ran with Bash {}, {} with Bash {}.",
                before.name, before.bash, after.name, after.bash
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests;

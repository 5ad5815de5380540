//! The comparison of one target with the same target, or an older release, in another record.

use std::collections::{HashMap, HashSet};

use pmsts_testcases::{Compared, Verdict};
use serde::Serialize;

use super::change::{Change, change, notable};
use crate::describe::repeat;
use crate::record::{Instance, TargetRecord};

/// A target of the new record, compared with one of the old record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Package manager.
    pub pm: String,
    /// The target in the old record.
    pub old_target: String,
    /// The target in the new record.
    pub new_target: String,
    /// Number of instances that did not change.
    pub same: usize,
    /// Instances that fail now and did not before.
    pub newly_failing: Vec<Entry>,
    /// Instances that pass now and did not before.
    pub newly_passing: Vec<Entry>,
    /// Instances that changed in another way.
    pub changed: Vec<Entry>,
    /// Instances that only the new record has.
    pub new: Vec<Entry>,
    /// Instances that only the old record has.
    pub gone: Vec<Entry>,
}

/// An instance that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Id of the instance.
    pub id: String,
    /// Title of its case.
    pub title: String,
    /// PMS label.
    pub section: String,
    /// The instance in the old record.
    pub before: Option<Side>,
    /// The instance in the new record.
    pub after: Option<Side>,
    /// The command that runs it again.
    pub again: String,
}

/// An instance in one of the two records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Its verdict.
    pub verdict: Verdict,
    /// The reason of the verdict, where it is not one of the comparisons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Id and title of the known finding that it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// Values that are not the expected ones, or were only recorded.
    pub compared: Vec<Compared>,
}

impl Pair {
    pub(super) fn new(old: &TargetRecord, new: &TargetRecord) -> Self {
        let mut pair = Self {
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
            let old_instance = before.get(instance.id.as_str()).copied();
            pair.take(old, new, old_instance, Some(instance));
        }
        let after: HashSet<&str> = new.instances.iter().map(|i| i.id.as_str()).collect();
        let gone = |i: &&Instance| !after.contains(i.id.as_str());
        for instance in old.instances.iter().filter(gone) {
            pair.take(old, new, Some(instance), None);
        }
        pair
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

    /// The instances with a given change.
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
            finding: instance
                .finding()
                .map(|(id, title)| format!("{id}: {title}")),
            compared: notable(instance).cloned().collect(),
        }
    }
}

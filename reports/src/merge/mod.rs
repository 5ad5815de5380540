//! Merges records into one: it holds the targets of all, and the shards of a target become one target.

mod error;
mod join;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::record::{HostInfo, Results, TargetRecord};
pub use error::MergeError;
use join::{Mismatch, join};

/// A record with a name for messages: its path.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The record.
    pub results: Results,
}

/// Merges records. Host, arguments and seed are those of the first record; a target that ran on another
/// host says so in its notes. Times are computed as if shards had run in parallel.
pub fn merge(records: impl IntoIterator<Item = Named>) -> Result<Results, MergeError> {
    let mut records = records.into_iter();
    let mut merged = Merged::of(records.next().ok_or(MergeError::Nothing)?);
    for record in records {
        merged.take(record)?;
    }
    Ok(merged.results)
}

/// The records that were merged so far.
struct Merged {
    /// Name of the first record.
    name: String,
    results: Results,
    /// Name of the record that an instance came from, by target and id.
    origins: HashMap<(String, String), String>,
    /// Name of the first record with a target.
    targets: HashMap<String, String>,
}

impl Merged {
    fn of(Named { name, mut results }: Named) -> Self {
        let targets = std::mem::take(&mut results.targets);
        let mut merged = Self {
            name,
            results,
            origins: HashMap::new(),
            targets: HashMap::new(),
        };
        let name = merged.name.clone();
        for target in targets {
            merged.note(&name, &target);
            merged.results.targets.push(target);
        }
        merged
    }

    fn take(&mut self, Named { name, results }: Named) -> Result<(), MergeError> {
        self.same_suite(&name, &results)?;
        let ours = &mut self.results;
        let host = (ours.host != results.host).then(|| host(&results.host));
        ours.duration_ms = ours.duration_ms.max(results.duration_ms);
        ours.interrupted |= results.interrupted;
        if results.started < ours.started {
            ours.started = results.started;
        }
        ours.sources.extend(results.sources);
        for mut target in results.targets {
            target.notes.extend(host.clone());
            self.add(&name, target)?;
        }
        Ok(())
    }

    fn same_suite(&self, name: &str, results: &Results) -> Result<(), MergeError> {
        if self.results.suite == results.suite {
            return Ok(());
        }
        let words = |results: &Results| {
            let suite = &results.suite;
            let revision = suite.revision.as_deref().unwrap_or("unknown revision");
            format!("{} {revision} of PMS {}", suite.version, suite.pms_revision)
        };
        Err(MergeError::Suite {
            first: self.name.clone(),
            second: name.to_owned(),
            ours: words(&self.results),
            theirs: words(results),
        })
    }

    fn add(&mut self, name: &str, target: TargetRecord) -> Result<(), MergeError> {
        for instance in &target.instances {
            let key = (target.name.clone(), instance.id.clone());
            if let Some(first) = self.origins.get(&key) {
                let (target, instance) = key;
                return Err(MergeError::Overlap {
                    first: first.clone(),
                    second: name.to_owned(),
                    target,
                    instance,
                });
            }
        }
        self.note(name, &target);
        let mut ours = self.results.targets.iter_mut();
        let Some(ours) = ours.find(|ours| ours.name == target.name) else {
            self.results.targets.push(target);
            return Ok(());
        };
        join(ours, target).map_err(|mismatch| {
            let first = self.targets.get(&ours.name).cloned().unwrap_or_default();
            let second = name.to_owned();
            let target = ours.name.clone();
            match mismatch {
                Mismatch::Target(difference) => MergeError::Target {
                    first,
                    second,
                    target,
                    difference,
                },
                Mismatch::Shards => MergeError::Shards {
                    first,
                    second,
                    target,
                },
            }
        })
    }

    fn note(&mut self, name: &str, target: &TargetRecord) {
        self.targets
            .entry(target.name.clone())
            .or_insert_with(|| name.to_owned());
        for instance in &target.instances {
            let key = (target.name.clone(), instance.id.clone());
            self.origins.insert(key, name.to_owned());
        }
    }
}

fn host(host: &HostInfo) -> String {
    format!(
        "Ran on {}, Linux {}, {}, {} cores.",
        host.system, host.kernel, host.arch, host.cores
    )
}

//! Joins records into one: targets beside each other, disjoint shards of a target together.

use std::collections::HashMap;

use crate::record::{HostInfo, Results, TargetRecord, Timing};

/// Records that cannot be one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is no record.
    #[error("no record to merge: name at least one results.json")]
    Nothing,
    /// Verdicts of different suites do not belong in one record.
    #[error(
        "`{first}` and `{second}` were judged by different suites ({ours} and {theirs}): run both with one"
    )]
    Suite {
        /// Name of a record.
        first: String,
        /// Name of the other.
        second: String,
        /// The one's suite.
        ours: String,
        /// The other's suite.
        theirs: String,
    },
    /// An instance has two verdicts.
    #[error(
        "`{first}` and `{second}` both have {instance} on {target}: give one of them, or shards that do not overlap"
    )]
    Overlap {
        /// Name of a record.
        first: String,
        /// Name of the other.
        second: String,
        /// The target.
        target: String,
        /// An instance that both have.
        instance: String,
    },
    /// Shards of different cuts do not make a whole.
    #[error(
        "`{first}` and `{second}` do not have {target} in the same number of shards: give all shards of one cut"
    )]
    Shards {
        /// Name of a record.
        first: String,
        /// Name of the other.
        second: String,
        /// The target.
        target: String,
    },
    /// A target of the same name is another one.
    #[error(
        "{target} is not the same in `{first}` and `{second}` ({difference}): name one of the targets differently"
    )]
    Target {
        /// Name of a record.
        first: String,
        /// Name of the other.
        second: String,
        /// The target.
        target: String,
        /// What is not the same, in words.
        difference: String,
    },
}

/// A record and the name that messages call it by: its path.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The record.
    pub results: Results,
}

/// Joins records. Host, arguments and seed are the first one's; a run on another host says so in its
/// notes. Shards are taken to have run side by side.
pub fn merge(records: impl IntoIterator<Item = Named>) -> Result<Results, MergeError> {
    let mut records = records.into_iter();
    let mut whole = Whole::of(records.next().ok_or(MergeError::Nothing)?);
    for record in records {
        whole.take(record)?;
    }
    Ok(whole.results)
}

struct Whole {
    name: String,
    results: Results,
    /// Which record an instance came from, by target and id.
    origins: HashMap<(String, String), String>,
    /// Which record a target came from first.
    targets: HashMap<String, String>,
}

impl Whole {
    fn of(Named { name, mut results }: Named) -> Self {
        let targets = std::mem::take(&mut results.targets);
        let mut whole = Self {
            name,
            results,
            origins: HashMap::new(),
            targets: HashMap::new(),
        };
        let name = whole.name.clone();
        for target in targets {
            whole.note(&name, &target);
            whole.results.targets.push(target);
        }
        whole
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
        if let Some(ours) = ours.find(|ours| ours.name == target.name) {
            return join(ours, target, &self.targets, name);
        }
        self.results.targets.push(target);
        Ok(())
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

fn join(
    ours: &mut TargetRecord,
    theirs: TargetRecord,
    targets: &HashMap<String, String>,
    name: &str,
) -> Result<(), MergeError> {
    if let Some((what, a, b)) = unlike(ours, &theirs) {
        return Err(MergeError::Target {
            first: targets.get(&ours.name).cloned().unwrap_or_default(),
            second: name.to_owned(),
            target: ours.name.clone(),
            difference: format!("{what} is {a} and {b}"),
        });
    }
    let shards = |target: &TargetRecord| target.shards.as_ref().map(|shards| shards.of);
    if shards(ours) != shards(&theirs) {
        return Err(MergeError::Shards {
            first: targets.get(&ours.name).cloned().unwrap_or_default(),
            second: name.to_owned(),
            target: ours.name.clone(),
        });
    }
    let builds = ours.builds.len();
    let next = |number: fn(&crate::record::BuildRecord) -> u32| {
        ours.builds
            .iter()
            .map(number)
            .max()
            .map_or(0, |n| n.saturating_add(1))
    };
    let (lanes, batches) = (next(|b| b.lane), next(|b| b.batch));
    ours.builds
        .extend(theirs.builds.into_iter().map(|mut build| {
            build.lane = build.lane.saturating_add(lanes);
            build.batch = build.batch.saturating_add(batches);
            build
        }));
    ours.instances
        .extend(theirs.instances.into_iter().map(|mut instance| {
            instance.build = instance.build.map(|index| index + builds);
            instance
        }));
    for note in theirs.notes {
        if !ours.notes.contains(&note) {
            ours.notes.push(note);
        }
    }
    for (reason, count) in theirs.refused_messages {
        *ours.refused_messages.entry(reason).or_default() += count;
    }
    ours.broken = ours.broken.take().or(theirs.broken);
    ours.timing = together(&ours.timing, &theirs.timing);
    ours.unite(theirs.shards);
    Ok(())
}

fn unlike<'a>(
    ours: &'a TargetRecord,
    theirs: &'a TargetRecord,
) -> Option<(&'static str, &'a str, &'a str)> {
    let interpreter = |target: &'a TargetRecord| target.interpreter.as_deref().unwrap_or("none");
    [
        ("pm", ours.pm.as_str(), theirs.pm.as_str()),
        ("version", &ours.version, &theirs.version),
        ("bash", &ours.bash, &theirs.bash),
        ("interpreter", interpreter(ours), interpreter(theirs)),
        ("testbed", &ours.testbed, &theirs.testbed),
    ]
    .into_iter()
    .find(|(_, a, b)| a != b)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a run are far below 2^52"
)]
fn together(a: &Timing, b: &Timing) -> Timing {
    let pm_ms = a.pm_ms + b.pm_ms;
    let testbeds_ms = a.testbeds_ms + b.testbeds_ms;
    Timing {
        wall_ms: a.wall_ms.max(b.wall_ms),
        pm_ms,
        testbeds_ms,
        jobs: a.jobs.saturating_add(b.jobs),
        commands: a.commands + b.commands,
        overhead_ratio: testbeds_ms.saturating_sub(pm_ms) as f64 / pm_ms.max(1) as f64,
    }
}

#[cfg(test)]
mod tests;

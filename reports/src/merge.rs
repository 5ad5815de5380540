//! Joins records into one: domains beside each other, disjoint shards of a domain together.

use std::collections::HashMap;

use crate::record::{HostInfo, Results, Run, Timing};

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
        "`{first}` and `{second}` both have {instance} on {domain}: give one of them, or shards that do not overlap"
    )]
    Overlap {
        /// Name of a record.
        first: String,
        /// Name of the other.
        second: String,
        /// The domain.
        domain: String,
        /// An instance that both have.
        instance: String,
    },
    /// Shards of different cuts do not make a whole.
    #[error(
        "`{first}` and `{second}` do not have {domain} in the same number of shards: give all shards of one cut"
    )]
    Shards {
        /// Name of a record.
        first: String,
        /// Name of the other.
        second: String,
        /// The domain.
        domain: String,
    },
    /// A domain of the same name is another one.
    #[error(
        "{domain} is not the same in `{first}` and `{second}` ({difference}): name one of the domains differently"
    )]
    Domain {
        /// Name of a record.
        first: String,
        /// Name of the other.
        second: String,
        /// The domain.
        domain: String,
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
    /// Which record an instance came from, by domain and id.
    origins: HashMap<(String, String), String>,
    /// Which record a domain came from first.
    domains: HashMap<String, String>,
}

impl Whole {
    fn of(Named { name, mut results }: Named) -> Self {
        let runs = std::mem::take(&mut results.runs);
        let mut whole = Self {
            name,
            results,
            origins: HashMap::new(),
            domains: HashMap::new(),
        };
        let name = whole.name.clone();
        for run in runs {
            whole.note(&name, &run);
            whole.results.runs.push(run);
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
        for mut run in results.runs {
            run.notes.extend(host.clone());
            self.add(&name, run)?;
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

    fn add(&mut self, name: &str, run: Run) -> Result<(), MergeError> {
        for instance in &run.instances {
            let key = (run.domain.clone(), instance.id.clone());
            if let Some(first) = self.origins.get(&key) {
                let (domain, instance) = key;
                return Err(MergeError::Overlap {
                    first: first.clone(),
                    second: name.to_owned(),
                    domain,
                    instance,
                });
            }
        }
        self.note(name, &run);
        let mut ours = self.results.runs.iter_mut();
        if let Some(ours) = ours.find(|ours| ours.domain == run.domain) {
            return join(ours, run, &self.domains, name);
        }
        self.results.runs.push(run);
        Ok(())
    }

    fn note(&mut self, name: &str, run: &Run) {
        self.domains
            .entry(run.domain.clone())
            .or_insert_with(|| name.to_owned());
        for instance in &run.instances {
            let key = (run.domain.clone(), instance.id.clone());
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
    ours: &mut Run,
    theirs: Run,
    domains: &HashMap<String, String>,
    name: &str,
) -> Result<(), MergeError> {
    if let Some((what, a, b)) = unlike(ours, &theirs) {
        return Err(MergeError::Domain {
            first: domains.get(&ours.domain).cloned().unwrap_or_default(),
            second: name.to_owned(),
            domain: ours.domain.clone(),
            difference: format!("{what} is {a} and {b}"),
        });
    }
    let shards = |run: &Run| run.shards.as_ref().map(|shards| shards.of);
    if shards(ours) != shards(&theirs) {
        return Err(MergeError::Shards {
            first: domains.get(&ours.domain).cloned().unwrap_or_default(),
            second: name.to_owned(),
            domain: ours.domain.clone(),
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

fn unlike<'a>(ours: &'a Run, theirs: &'a Run) -> Option<(&'static str, &'a str, &'a str)> {
    let interpreter = |run: &'a Run| run.interpreter.as_deref().unwrap_or("none");
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

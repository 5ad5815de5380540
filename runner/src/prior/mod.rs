//! Verdicts that are there already, and need not be found again: of an interrupted run that is resumed,
//! and of earlier runs in which everything that a verdict depends on was the same.

mod kept;
mod key;

use std::collections::HashMap;

use pmsts_reports::record::{BuildRecord, Instance as Record};
use pmsts_testcases::{Instance, Verdict};

use crate::config::RunConfig;
use crate::domain::Domain;
use crate::provision::Cache;
pub(crate) use kept::Keep;
use kept::Kept;

/// A domain's key and what is known under it.
#[derive(Debug, Default)]
pub(crate) struct Prior {
    /// What its verdicts depend on; none where that cannot be said.
    pub key: Option<String>,
    known: HashMap<String, Known>,
}

/// A verdict that is there.
#[derive(Debug, Clone)]
struct Known {
    instance: Record,
    build: BuildRecord,
}

/// A run cannot be resumed, or verdicts not be reused.
#[derive(Debug, thiserror::Error)]
pub enum PriorError {
    /// What a verdict depends on cannot be read.
    #[error("cannot tell what the verdicts on {domain} depend on: {source}")]
    Key {
        /// The domain.
        domain: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The record is of something else.
    #[error(
        "cannot go on with the run of {domain}: pmsts, the package manager, its Bash, the limits or this machine's programs \
         are not what they were; `--rerun RESULTS all` repeats it from the begin"
    )]
    Changed {
        /// The domain.
        domain: String,
    },
    /// Nobody knows whether it is the same.
    #[error(
        "cannot go on with the run of {domain}: it is installed on this machine, and whether its files are the same cannot \
         be said; `--rerun RESULTS all` repeats it from the begin"
    )]
    Unknown {
        /// The domain.
        domain: String,
    },
}

impl Prior {
    /// What is known of a domain: from the run that is resumed, and from the cache where it may be used.
    pub(crate) fn of(
        domain: &Domain,
        config: &RunConfig,
        cache: &Cache,
    ) -> Result<Self, PriorError> {
        let mut this = Self::default();
        if !config.cache && config.resume.is_empty() {
            return Ok(this);
        }
        this.key = key::of(domain, config).map_err(|source| PriorError::Key {
            domain: domain.name.clone(),
            source,
        })?;
        if config.cache
            && config.repeat == 1
            && let Some(key) = &this.key
        {
            this.know(Kept::read(cache, key));
        }
        for run in config.resume.iter().filter(|run| run.domain == domain.name) {
            this.agrees(domain, run.key.as_deref())?;
            let instances = run.instances.iter();
            let built = instances.filter_map(|i| {
                let build = run.builds.get(i.build?)?.clone();
                Some(Known {
                    instance: i.clone(),
                    build,
                })
            });
            this.know(built.collect());
        }
        Ok(this)
    }

    /// The key that an interrupted run is resumed by. It is not worth its time where nobody needs it.
    pub(crate) fn key(domain: &Domain, config: &RunConfig) -> Option<String> {
        key::of(domain, config).ok().flatten()
    }

    fn agrees(&self, domain: &Domain, other: Option<&str>) -> Result<(), PriorError> {
        let domain = domain.name.clone();
        match &self.key {
            None => Err(PriorError::Unknown { domain }),
            Some(key) if other == Some(key) => Ok(()),
            Some(_) => Err(PriorError::Changed { domain }),
        }
    }

    fn know(&mut self, all: Vec<Known>) {
        let reusable = all.into_iter().filter(|known| is_reusable(&known.instance));
        self.known
            .extend(reusable.map(|known| (known.instance.id.clone(), known)));
    }

    /// The verdicts on all instances of a build with this checksum, and what was done for them.
    pub(crate) fn find(
        &self,
        instances: &[&Instance],
        checksum: &str,
    ) -> Option<(BuildRecord, Vec<Record>)> {
        let known: Option<Vec<&Known>> = instances
            .iter()
            .map(|i| {
                self.known
                    .get(&i.id)
                    .filter(|known| known.instance.checksum == checksum)
            })
            .collect();
        let known = known?;
        let build = known.first()?.build.clone();
        Some((
            build,
            known.iter().map(|known| known.instance.clone()).collect(),
        ))
    }
}

/// Whether a verdict would be the same again: not what a limit of time, the harness or chance brought about.
fn is_reusable(instance: &Record) -> bool {
    let settled = matches!(
        instance.verdict,
        Verdict::Passed | Verdict::Failed | Verdict::NotObserved | Verdict::Recorded
    );
    settled && !instance.flaky
}

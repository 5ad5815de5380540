//! Verdicts that are there already, and need not be found again: of an interrupted run that is resumed,
//! and of earlier runs in which everything that a verdict depends on was the same.

mod kept;
mod key;

use std::collections::HashMap;
use std::rc::Rc;

use pmsts_reports::record::{BuildRecord, Instance as Record};
use pmsts_testcases::{Instance, Verdict};

use crate::config::RunConfig;
use crate::domain::Domain;
use crate::provision::Cache;
pub(crate) use kept::Keep;
use kept::Kept;
use key::Keys;

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
    build: Rc<BuildRecord>,
}

/// A run cannot be resumed, or verdicts not be reused.
#[derive(Debug, thiserror::Error)]
pub enum PriorError {
    /// What a verdict depends on cannot be read.
    #[error("cannot tell what verdicts depend on: {0}")]
    Key(std::io::Error),
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
    /// What is known of each domain: from the run that is resumed, and from the cache where it may be used.
    pub(crate) fn all(
        domains: &[Domain],
        config: &RunConfig,
        cache: &Cache,
    ) -> Result<Vec<Self>, PriorError> {
        if !config.cache && config.resume.is_empty() {
            return Ok(domains.iter().map(|_| Self::default()).collect());
        }
        let keys = Keys::new(config).map_err(PriorError::Key)?;
        let of = |domain| Self::of(domain, &keys, config, cache);
        domains.iter().map(of).collect()
    }

    fn of(
        domain: &Domain,
        keys: &Keys,
        config: &RunConfig,
        cache: &Cache,
    ) -> Result<Self, PriorError> {
        let mut this = Self {
            key: keys.of(domain).map_err(PriorError::Key)?,
            known: HashMap::new(),
        };
        if config.cache
            && config.repeat == 1
            && let Some(key) = &this.key
        {
            this.know(Kept::read(cache, key));
        }
        for run in config.resume.iter().filter(|run| run.domain == domain.name) {
            this.agrees(domain, run.key.as_deref())?;
            let builds: Vec<Rc<BuildRecord>> = run.builds.iter().cloned().map(Rc::new).collect();
            let instances = run.instances.iter();
            let built = instances.filter_map(|i| {
                let build = Rc::clone(builds.get(i.build?)?);
                Some(Known {
                    instance: i.clone(),
                    build,
                })
            });
            this.know(built.collect());
        }
        Ok(this)
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
        let build = BuildRecord::clone(&known.first()?.build);
        Some((
            build,
            known.iter().map(|known| known.instance.clone()).collect(),
        ))
    }
}

/// The keys that an interrupted run is resumed by. They are not worth their time where nobody needs them.
pub(crate) fn keys(domains: &[Domain], config: &RunConfig) -> Vec<Option<String>> {
    let keys = Keys::new(config).ok();
    let of = |domain| keys.as_ref()?.of(domain).ok().flatten();
    domains.iter().map(of).collect()
}

/// Whether a verdict would be the same again: not what a limit of time, the harness or chance brought about.
fn is_reusable(instance: &Record) -> bool {
    let settled = matches!(
        instance.verdict,
        Verdict::Passed | Verdict::Failed | Verdict::NotObserved | Verdict::Recorded
    );
    settled && !instance.flaky
}

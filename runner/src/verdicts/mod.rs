//! Verdicts that are there already, and need not be found again: of an interrupted run that is resumed,
//! and of earlier runs in which everything that a verdict depends on was the same.

mod key;
mod local;

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use pmsts_reports::record::{BuildRecord, Instance as Record, TargetRecord};
use pmsts_testcases::{Instance, Verdict};

use crate::provision::Cache;
use crate::schedule::Limits;
use crate::target::Room;
use crate::target::Target;
use key::Keys;
pub(crate) use local::Keep;
use local::Kept;

/// A target's key and what is known under it.
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
pub enum VerdictsError {
    /// What a verdict depends on cannot be read.
    #[error("cannot tell what the verdicts on {target} depend on: {source}")]
    Key {
        /// The target.
        target: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The record is of something else.
    #[error(
        "cannot go on with the run of {target}: pmsts, the package manager, its Bash, the limits or this machine's programs \
         are not what they were; `--rerun RESULTS all` repeats it from the begin"
    )]
    Changed {
        /// The target.
        target: String,
    },
    /// Nobody knows whether it is the same.
    #[error(
        "cannot go on with the run of {target}: it is installed on this machine, and whether its files are the same cannot \
         be said; `--rerun RESULTS all` repeats it from the begin"
    )]
    Unknown {
        /// The target.
        target: String,
    },
}

/// Where earlier verdicts are looked for, and what verdicts depend on beside target and builds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earlier<'a> {
    /// The cache that verdicts are kept in, where it may be used.
    pub cache: Option<&'a Cache>,
    /// Whether the same is run several times, so that nothing is reused.
    pub repeated: bool,
    /// What an interrupted run came to.
    pub resume: &'a [TargetRecord],
    /// Case files instead of the program's own.
    pub cases: Option<&'a Path>,
    /// Limits of time and talk.
    pub limits: Limits,
    /// Room and processes of a testbed.
    pub room: Room,
}

impl Prior {
    /// What is known of each target: from the run that is resumed, and from the cache where it may be used.
    pub(crate) fn of_targets(
        targets: &[Target],
        earlier: &Earlier<'_>,
    ) -> Result<Vec<Self>, VerdictsError> {
        if earlier.cache.is_none() && earlier.resume.is_empty() {
            return Ok(targets.iter().map(|_| Self::default()).collect());
        }
        let keys = Keys::new(earlier).map_err(unknown("every package manager"))?;
        let of = |target| Self::of(target, &keys, earlier);
        targets.iter().map(of).collect()
    }

    fn of(target: &Target, keys: &Keys, earlier: &Earlier<'_>) -> Result<Self, VerdictsError> {
        let mut this = Self {
            key: keys.of(target).map_err(unknown(&target.name))?,
            known: HashMap::new(),
        };
        if let (Some(cache), false, Some(key)) = (earlier.cache, earlier.repeated, &this.key) {
            this.know(Kept::read(cache, key));
        }
        for run in earlier.resume.iter().filter(|run| run.name == target.name) {
            this.agrees(target, run.key.as_deref())?;
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

    fn agrees(&self, target: &Target, other: Option<&str>) -> Result<(), VerdictsError> {
        let target = target.name.clone();
        match &self.key {
            None => Err(VerdictsError::Unknown { target }),
            Some(key) if other == Some(key) => Ok(()),
            Some(_) => Err(VerdictsError::Changed { target }),
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

fn unknown(target: &str) -> impl FnOnce(std::io::Error) -> VerdictsError {
    let target = target.to_owned();
    move |source| VerdictsError::Key { target, source }
}

/// The keys that an interrupted run is resumed by. They are not worth their time where nobody needs them.
pub(crate) fn keys(targets: &[Target], earlier: &Earlier<'_>) -> Vec<Option<String>> {
    let keys = Keys::new(earlier).ok();
    let of = |target| keys.as_ref()?.of(target).ok().flatten();
    targets.iter().map(of).collect()
}

/// Whether a verdict would be the same again: not what a limit of time, the harness or chance brought about.
fn is_reusable(instance: &Record) -> bool {
    let settled = matches!(
        instance.verdict,
        Verdict::Passed | Verdict::Failed | Verdict::NotObserved | Verdict::Recorded
    );
    settled && !instance.flaky
}

//! Finds verdicts that need no new run: those of an interrupted run that is resumed, and those of earlier runs in which
//! everything that a verdict depends on was the same.

mod key;
mod local;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::rc::Rc;

use pmsts_reports::record::{BuildRecord, Instance as Record, TargetRecord};
use pmsts_testcases::{Instance, Verdict};

use crate::provision::Cache;
use crate::schedule::Limits;
use crate::target::{Room, Target};
use key::{Keys, TargetKeys};
pub(crate) use local::{Keep, Kept};

/// The key of a target, and the verdicts known under it.
#[derive(Debug, Default)]
pub(crate) struct Prior {
    /// The key of its verdicts; `None` if it is not known what they depend on.
    pub key: Option<String>,
    /// The key of its observations.
    pub observations: Option<String>,
    /// Verdicts of the run that is resumed, by instance.
    known: HashMap<String, Known>,
    /// Observations of earlier runs, by checksum of the build.
    kept: HashMap<String, Kept>,
}

/// A known verdict.
#[derive(Debug, Clone)]
struct Known {
    instance: Record,
    build: Rc<BuildRecord>,
}

/// A run that cannot be resumed, or verdicts that cannot be reused.
#[derive(Debug, thiserror::Error)]
pub enum VerdictsError {
    /// A file that verdicts depend on cannot be read.
    #[error("cannot read what the verdicts on {target} depend on: {source}")]
    Key {
        /// The target.
        target: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// Something that verdicts depend on has changed since the record.
    #[error(
        "cannot resume the run of {target}: pmsts, the package manager, its Bash, the limits or this machine's programs \
         have changed; `--rerun RESULTS all` runs everything again"
    )]
    Changed {
        /// The target.
        target: String,
    },
    /// Changes of the package manager cannot be detected.
    #[error(
        "cannot resume the run of {target}: it is installed on this machine, and changes of its files cannot be \
         detected; `--rerun RESULTS all` runs everything again"
    )]
    Unknown {
        /// The target.
        target: String,
    },
}

/// Where to look for earlier verdicts, and what verdicts depend on besides target and builds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earlier<'a> {
    /// The cache that keeps verdicts, if it may be used.
    pub cache: Option<&'a Cache>,
    /// Whether cases run several times (`--repeat`), so that no verdict is reused.
    pub repeated: bool,
    /// Targets of the interrupted run that is resumed, with their verdicts.
    pub resume: &'a [TargetRecord],
    /// Directory of case files used instead of the built-in ones.
    pub cases: Option<&'a Path>,
    /// Limits of time, output and observations.
    pub limits: Limits,
    /// Limits of space and processes of a testbed.
    pub room: Room,
}

impl Prior {
    /// The known verdicts of each target: from the run that is resumed, and from the cache if it may be used.
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
        let (key, observations) = match keys.of(target).map_err(unknown(&target.name))? {
            Some(TargetKeys {
                observations,
                verdicts,
            }) => (Some(verdicts), Some(observations)),
            None => (None, None),
        };
        let mut this = Self {
            key,
            observations,
            ..Self::default()
        };
        if let (Some(cache), false, Some(key)) =
            (earlier.cache, earlier.repeated, &this.observations)
        {
            this.kept = Kept::read(cache, key);
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

    /// The verdicts on all instances of a build with this checksum, and the record of the build.
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

impl Prior {
    /// The kept observations of a build with this checksum, where they answer all that its cases ask, as `asked` says.
    pub(crate) fn observed(
        &self,
        checksum: &str,
        asked: impl FnOnce() -> BTreeSet<String>,
    ) -> Option<&Kept> {
        let kept = self.kept.get(checksum)?;
        kept.answers(&asked()).then_some(kept)
    }
}

fn unknown(target: &str) -> impl FnOnce(std::io::Error) -> VerdictsError {
    let target = target.to_owned();
    move |source| VerdictsError::Key { target, source }
}

/// The keys by which a later run can resume this one. Computing them takes time: ask only after an interrupt.
pub(crate) fn keys(targets: &[Target], earlier: &Earlier<'_>) -> Vec<Option<String>> {
    let keys = Keys::new(earlier).ok();
    let of = |target| Some(keys.as_ref()?.of(target).ok()??.verdicts);
    targets.iter().map(of).collect()
}

/// Whether another run would give the same verdict. One caused by a time limit, the harness or chance is not reusable.
fn is_reusable(instance: &Record) -> bool {
    let settled = matches!(
        instance.verdict,
        Verdict::Passed | Verdict::Failed | Verdict::NotObserved | Verdict::Recorded
    );
    settled && !instance.flaky
}

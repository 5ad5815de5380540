//! Finds verdicts that need no new run: those of an interrupted run that is resumed, and those that can be judged from
//! observations of earlier runs, kept here or by others, in which everything that they depend on was the same.

mod error;
mod keep;
mod kept;
mod key;
mod local;
mod old;
pub(crate) mod remote;
mod run;
mod stores;

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use pmsts_reports::record::{BuildRecord, Instance as Record, TargetRecord};
use pmsts_testcases::{Instance, Verdict};

use crate::schedule::Limits;
use crate::schedule::work::Work;
use crate::target::{Room, Target};
pub(crate) use error::VerdictsError;
pub(crate) use keep::Keep;
pub(crate) use kept::Kept;
use kept::{Wanted, build_key};
use key::{Keys, TargetKeys};
pub(crate) use local::path as local_path;
pub(crate) use remote::Rule;
pub(crate) use run::tell;
pub(crate) use stores::Stores;

/// The key of a target, and the verdicts known under it.
#[derive(Debug, Default)]
pub(crate) struct Prior {
    /// The key of its verdicts; `None` if it is not known what they depend on.
    pub key: Option<String>,
    /// The key of its observations.
    pub observations: Option<String>,
    /// Verdicts of the run that is resumed, by instance.
    known: HashMap<String, Known>,
    /// Observations of earlier runs that answer all that is asked, by position of the build.
    kept: HashMap<usize, Kept>,
}

/// A known verdict.
#[derive(Debug, Clone)]
struct Known {
    instance: Record,
    build: Rc<BuildRecord>,
}

/// Where to look for earlier verdicts, and what verdicts depend on besides target and builds.
#[derive(Clone, Copy)]
pub(crate) struct Earlier<'a> {
    /// The stores that keep observations, if they may be used.
    pub stores: Option<&'a Stores>,
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
    /// The known verdicts of each target: from the run that is resumed, and from the stores if they may be used.
    pub(crate) fn of_targets(
        work: &Work,
        earlier: &Earlier<'_>,
    ) -> Result<Vec<Self>, VerdictsError> {
        let targets = &work.targets;
        if earlier.stores.is_none() && earlier.resume.is_empty() {
            return Ok(targets.iter().map(|_| Self::default()).collect());
        }
        let keys = Keys::new(earlier).map_err(unknown("every package manager"))?;
        let of = |target| Self::of(target, &keys, earlier);
        let mut all: Vec<Self> = targets.iter().map(of).collect::<Result<_, _>>()?;
        if let Some(stores) = earlier.stores.filter(|_| !earlier.repeated) {
            for prior in &mut all {
                prior.look_up(work, stores);
            }
        }
        Ok(all)
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

    /// Looks for observations of all builds at once: a store is asked seldom, for much.
    fn look_up(&mut self, work: &Work, stores: &Stores) {
        let Some(target) = &self.observations else {
            return;
        };
        let wanted: Vec<Wanted<'_>> = work
            .checksums
            .iter()
            .enumerate()
            .map(|(at, checksum)| Wanted {
                build: build_key(target, checksum),
                asked: work.asked(at),
                cases: work.cases(at),
            })
            .collect();
        let mut found = stores.find(&wanted);
        let builds = wanted.iter().enumerate();
        self.kept = builds
            .filter_map(|(at, it)| Some((at, found.remove(&it.build)?)))
            .collect();
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
    /// The kept observations of a build, if there are any that answer all that its cases ask.
    pub(crate) fn observed(&self, build: usize) -> Option<&Kept> {
        self.kept.get(&build)
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

//! A sink that keeps what a run observes, and the verdicts that are judged from it.

use std::collections::HashMap;
use std::time::SystemTime;

use pmsts_reports::record::{BuildRecord, Instance as Record};
use pmsts_store::{Judged, Key, Target as Known};
use pmsts_testcases::Observed;

use super::kept::{Body, build_key, entry, judged, target as known};
use super::stores::Stores;
use super::{Prior, is_reusable};
use crate::record::events::{RunEvent, Sink};
use crate::schedule::work::Work;

/// A sink that keeps the observations of a run.
pub(crate) struct Keep<'a> {
    stores: &'a Stores,
    work: &'a Work,
    prior: &'a [Prior],
    /// Checksum of the expectations of each instance.
    expects: HashMap<&'a str, String>,
    /// Positions of the builds by checksum.
    builds: HashMap<&'a str, usize>,
    /// The build whose verdicts are being received.
    pending: Option<Pending>,
}

/// A build whose verdicts are being received.
struct Pending {
    target: usize,
    index: usize,
    body: Body,
    verdicts: Vec<Judged>,
    /// Whether it may be kept so far.
    may: bool,
}

impl<'a> Keep<'a> {
    /// Keeps what is observed on targets that have a key.
    pub(crate) fn new(stores: &'a Stores, work: &'a Work, prior: &'a [Prior]) -> Self {
        let instances = work.expanded.instances.iter();
        let expects = instances.map(|instance| {
            let expect = Key::of([format!("{:?}", instance.expect).as_str()]).to_string();
            (instance.id.as_str(), expect[..16].to_owned())
        });
        let builds = work.checksums.iter().enumerate();
        Self {
            stores,
            work,
            prior,
            expects: expects.collect(),
            builds: builds.map(|(at, sum)| (sum.as_str(), at)).collect(),
            pending: None,
        }
    }

    /// The target as the store knows it; `None` for one without a key.
    fn target(&self, target: usize) -> Option<Known> {
        let it = &self.work.targets[target];
        let key = self.prior[target].observations.clone()?;
        let from = &it.provisioned;
        let spec = from.spec.to_string();
        Some(known(&from.pm, &from.version, &spec, it.bash_words(), key))
    }

    fn judged(&self, instance: &Record) -> Option<Judged> {
        Some(Judged {
            instance: instance.id.clone(),
            case: instance.case.clone(),
            title: instance.title.clone(),
            eapi: instance.eapi.clone(),
            section: instance.section.clone(),
            expect: self.expects.get(instance.id.as_str())?.clone(),
            verdict: instance.verdict,
        })
    }

    fn flush(&mut self) {
        // A build without verdicts is tried again.
        let may = |pending: &Pending| pending.may && !pending.verdicts.is_empty();
        let Some(pending) = self.pending.take().filter(may) else {
            return;
        };
        let Some(target) = self.target(pending.target) else {
            return;
        };
        let found = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let build = build_key(&target.key, &self.work.checksums[pending.index]);
        if let Ok(mut entry) = entry(build, found, Some(target), &pending.body) {
            entry.verdicts = pending.verdicts;
            self.stores.put(entry, &self.work.cases(pending.index));
        }
    }

    fn begin(&mut self, target: usize, index: usize, build: &BuildRecord, observed: &Observed) {
        self.flush();
        self.pending = Some(Pending {
            target,
            index,
            body: Body {
                asked: self.work.asked(index),
                build: build.clone(),
                observed: observed.clone(),
            },
            verdicts: Vec::new(),
            may: true,
        });
    }

    fn verdict(&mut self, instance: &Record) {
        let judged = self.judged(instance);
        let checksums = &self.work.checksums;
        let of_it = |pending: &&mut Pending| checksums[pending.index] == instance.checksum;
        // Verdicts on what was not run have no build.
        if let Some(pending) = self.pending.as_mut().filter(of_it)
            && instance.build.is_some()
        {
            pending.may &= is_reusable(instance);
            pending.verdicts.extend(judged);
        }
    }

    /// Adds the verdict to the observations of an earlier run that it was judged from.
    fn judged_anew(&self, target: usize, instance: &Record) {
        let index = self.builds.get(instance.checksum.as_str());
        let kept = index.and_then(|index| Some((*index, self.prior[target].observed(*index)?)));
        let parts = (self.target(target), self.judged(instance), kept);
        if let (Some(target), Some(verdict), Some((index, kept))) = parts
            && is_reusable(instance)
            && !kept.has(&verdict)
        {
            let build = build_key(&target.key, &instance.checksum);
            let entry = judged(kept, build, target, verdict);
            self.stores.put(entry, &self.work.cases(index));
        }
    }
}

impl Sink for Keep<'_> {
    fn event(&mut self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Build {
                target,
                index,
                build,
                observed,
            } => self.begin(*target, *index, build, observed),
            RunEvent::Verdict { instance, target } if instance.reused.is_some() => {
                self.judged_anew(*target, instance);
            }
            RunEvent::Verdict { instance, .. } => self.verdict(instance),
            RunEvent::Ended => {
                self.flush();
                self.stores.flush();
            }
            _ => {}
        }
    }
}

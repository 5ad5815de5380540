//! The checkouts of a run: how they look, and what of them failed last time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pmsts_reports::record::{Instance, Results, TargetRecord};
use pmsts_testcases::Verdict;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::changes::{Sources, changed, sources};
use super::functions::functions;
use super::map::Map;
use super::order::Order;
use crate::provision::command::guarded;
use crate::provision::{Cache, Error, Source, Spec};

/// The directory of the cache.
const DIR: &str = "checkouts";

/// A revision that git does not know, or a directory without git.
#[derive(Debug, thiserror::Error)]
#[error("--since {revision}: git cannot compare `{}` with it: {reason}", dir.display())]
pub struct RevisionError {
    revision: String,
    dir: PathBuf,
    reason: String,
}

/// How a checkout looked when a run of it ended by itself, and which of its builds had failed in ways that no ledger knew.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Last {
    failed: BTreeSet<String>,
    sources: Sources,
}

/// A checkout of a run.
#[derive(Debug)]
struct Checkout {
    spec: String,
    name: String,
    last: Last,
    now: Sources,
    order: Order,
    /// Whether something has changed, but no map says whom it concerns.
    unmapped: bool,
}

/// The checkouts of a run.
#[derive(Debug, Default)]
pub struct Checkouts(Vec<Checkout>);

impl Checkouts {
    /// Looks at the checkouts among these package managers. Changes are those since a revision of git, else since the
    /// last run.
    pub fn look(cache: &Cache, pms: &[Spec], since: Option<&str>) -> Result<Self, RevisionError> {
        let mut all = Vec::new();
        for spec in pms {
            let Source::Dir(dir) = &spec.source else {
                continue;
            };
            let name = format!("{}.json", checksum(dir));
            let last: Option<Last> = cache.kept(DIR, &name);
            let now = sources(dir);
            let map = Map::read(cache, &spec.pm);
            let old = since
                .map(|revision| at_revision(dir, revision, &now))
                .transpose()?;
            let old = old.as_ref().or(last.as_ref().map(|last| &last.sources));
            let changes = old.map(|old| changed(old, &now)).unwrap_or_default();
            let last = last.unwrap_or_default();
            all.push(Checkout {
                spec: spec.to_string(),
                name,
                order: Order::new(last.failed.clone(), &changes, map.as_ref()),
                unmapped: !changes.is_empty() && map.is_none(),
                last,
                now,
            });
        }
        Ok(Self(all))
    }

    /// The order of the builds of each, by specification.
    pub fn orders(&self) -> BTreeMap<String, Order> {
        let orders = self.0.iter().map(|it| (it.spec.clone(), it.order.clone()));
        orders.collect()
    }

    /// What comes first, in words.
    pub fn words(&self) -> Vec<String> {
        let words = self.0.iter().flat_map(|it| {
            let (failed, touched) = it.order.counts();
            let first = (failed + touched > 0).then(|| {
                format!("{}: first come {failed} builds that failed last time and {touched} that use what changed", it.spec)
            });
            let hint = it.unmapped.then(|| {
                format!("{0}: `pmsts map --pm {0}` records once which builds use which functions, so that those that a change touches come first", it.spec)
            });
            [first, hint].into_iter().flatten()
        });
        words.collect()
    }

    /// Remembers a run for the next one. What was not run keeps its place.
    pub fn remember(self, cache: &Cache, results: &Results) -> Result<(), Error> {
        if results.interrupted || results.stopped.is_some() {
            return Ok(());
        }
        for it in self.0 {
            let ran = results.targets.iter().find(|target| target.spec == it.spec);
            let Some(target) = ran.filter(|target| target.broken.is_none()) else {
                continue;
            };
            let mut failed = it.last.failed;
            for (build, is_new) in builds(target) {
                if is_new {
                    failed.insert(build);
                } else {
                    failed.remove(&build);
                }
            }
            let last = Last {
                failed,
                sources: it.now,
            };
            cache.keep(DIR, &it.name, &last)?;
        }
        Ok(())
    }
}

/// The builds that ran, each with whether something failed that no ledger knows.
fn builds(target: &TargetRecord) -> BTreeMap<String, bool> {
    let mut builds = BTreeMap::new();
    for instance in &target.instances {
        let Some(build) = instance.build.and_then(|at| target.builds.get(at)) else {
            continue;
        };
        *builds.entry(build.name.clone()).or_default() |= is_new_failure(instance);
    }
    builds
}

fn is_new_failure(instance: &Instance) -> bool {
    let cut_off = matches!(instance.verdict, Verdict::Error | Verdict::TimedOut);
    cut_off || (instance.verdict.is_failure() && !instance.is_known())
}

/// The files of a checkout as they were in a revision: those that have not changed since are as they are now.
fn at_revision(dir: &Path, revision: &str, now: &Sources) -> Result<Sources, RevisionError> {
    let names = git(
        dir,
        revision,
        &["diff", "--name-only", "--relative", "-z", revision, "--"],
    )?;
    let mut old = now.clone();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        old.remove(name);
        // It was not there where the file is new.
        let shown = git(dir, revision, &["show", &format!("{revision}:./{name}")]);
        if let Ok(text) = shown {
            old.insert(name.to_owned(), functions(Path::new(name), &text));
        }
    }
    Ok(old)
}

fn git(dir: &Path, revision: &str, arguments: &[&str]) -> Result<String, RevisionError> {
    let fault = |reason: String| RevisionError {
        revision: revision.to_owned(),
        dir: dir.to_owned(),
        reason,
    };
    let mut command = guarded("git");
    command.arg("-C").arg(dir).args(arguments);
    let output = command.output().map_err(|error| fault(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(fault(
            said.trim()
                .lines()
                .next_back()
                .unwrap_or_default()
                .to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn checksum(dir: &Path) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let sum = Sha256::digest(dir.as_os_str().as_encoded_bytes());
    sum.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

//! Reads the records that the command line names.

use std::path::{Path, PathBuf};

use pmsts_reports::merge::{MergeError, Named, merge};
use pmsts_reports::record::Results;
use pmsts_reports::store::{self, StoreError};
use pmsts_reports::version;

/// Records that cannot be read or merged.
#[derive(Debug, thiserror::Error)]
pub(super) enum GivenError {
    /// A record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The records cannot be merged.
    #[error(transparent)]
    Merge(#[from] MergeError),
}

/// Reads a record: a `results.json`, or the directory of a run, which holds one.
pub(super) fn results(path: &Path) -> Result<Results, StoreError> {
    store::read(&file(path))
}

fn named(paths: &[PathBuf]) -> Result<Vec<Named>, StoreError> {
    let read = |path: &PathBuf| {
        Ok(Named {
            name: path.display().to_string(),
            results: results(path)?,
        })
    };
    paths.iter().map(read).collect()
}

/// Reads records and merges those that the same suite judged. A report shows the suite of each.
pub(super) fn by_suite(paths: &[PathBuf]) -> Result<Vec<Results>, GivenError> {
    let mut groups: Vec<Vec<Named>> = Vec::new();
    for one in named(paths)? {
        let suite = |group: &&mut Vec<Named>| group[0].results.suite == one.results.suite;
        match groups.iter_mut().find(suite) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    let joined = groups.into_iter().map(join);
    joined.collect()
}

/// Reads records and merges them into one.
pub(super) fn merged(paths: &[PathBuf]) -> Result<Results, GivenError> {
    join(named(paths)?)
}

/// Merges records, and orders their targets by package manager and version.
fn join(named: Vec<Named>) -> Result<Results, GivenError> {
    let several = named.len() > 1;
    let mut merged = merge(named)?;
    if several {
        merged.targets.sort_by(|a, b| {
            let release = || version::compare(&a.version, &b.version);
            a.pm.cmp(&b.pm).then_with(release)
        });
    }
    Ok(merged)
}

fn file(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join("results.json")
    } else {
        path.to_owned()
    }
}

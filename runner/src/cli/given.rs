//! Records that the command line names.

use std::path::{Path, PathBuf};

use pmsts_reports::merge::{MergeError, Named, merge};
use pmsts_reports::record::Results;
use pmsts_reports::store::{self, StoreError};
use pmsts_reports::version;

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub(super) enum GivenError {
    /// A record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Records do not belong together.
    #[error(transparent)]
    Merge(#[from] MergeError),
}

/// Reads a record: a `results.json`, or the directory of a run, which holds one.
pub(super) fn results(path: &Path) -> Result<Results, StoreError> {
    store::read(&file(path))
}

/// Reads records and joins them, by package manager and version.
pub(super) fn merged(paths: &[PathBuf]) -> Result<Results, GivenError> {
    let read = |path: &PathBuf| {
        Ok(Named {
            name: path.display().to_string(),
            results: results(path)?,
        })
    };
    let named: Vec<Named> = paths.iter().map(read).collect::<Result<_, StoreError>>()?;
    let several = named.len() > 1;
    let mut merged = merge(named)?;
    if several {
        merged.runs.sort_by(|a, b| {
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

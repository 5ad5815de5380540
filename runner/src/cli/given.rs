//! Records that the command line names.

use std::path::{Path, PathBuf};

use pmsts_reports::record::Results;
use pmsts_reports::store::{self, StoreError};

/// Reads a record: a `results.json`, or the directory of a run, which holds one.
pub(super) fn results(path: &Path) -> Result<Results, StoreError> {
    store::read(&file(path))
}

fn file(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join("results.json")
    } else {
        path.to_owned()
    }
}

//! The store in the user's cache.

use std::path::PathBuf;
use std::time::Duration;

use pmsts_store::{Prune, Store, StoreError};

use super::old;
use crate::provision::Cache;

/// How long an entry is kept that no run uses.
const UNUSED: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The directory of files that earlier versions of pmsts kept.
const OLD: &str = "observations";

/// The file of the store in a cache.
pub(crate) fn path(cache: &Cache) -> PathBuf {
    cache.root().join("store.db")
}

/// Opens the store of a cache, takes in what earlier versions kept, and removes what is long unused.
pub(super) fn open(cache: &Cache) -> Result<Store, StoreError> {
    let mut store = Store::open(&path(cache))?;
    let old = cache.root().join(OLD);
    if old.is_dir() {
        old::import(&old, &mut store)?;
    }
    store.prune(Prune {
        older: Some(UNUSED),
        size: None,
    })?;
    Ok(store)
}

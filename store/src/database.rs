//! The database file: opened, brought up to date, and its transactions.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::StoreError;
use crate::packing::Packing;

/// The steps that bring a database up to date; `user_version` counts those that were made.
const STEPS: [&str; 1] = [include_str!("schema.sql")];

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A store: a database file that several processes may use at once.
#[derive(Debug)]
pub struct Store {
    pub(crate) db: Connection,
    pub(crate) packing: RefCell<Packing>,
    path: PathBuf,
}

impl Store {
    /// Opens the store in this file, and makes it where there is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(|source| StoreError::Directory {
                path: path.to_owned(),
                source,
            })?;
        }
        let failed = |source| StoreError::Database {
            path: path.to_owned(),
            source,
        };
        let mut store = Self {
            db: Connection::open(path).map_err(failed)?,
            packing: RefCell::default(),
            path: path.to_owned(),
        };
        store.set_up().map_err(failed)?;
        store.migrate()?;
        Ok(store)
    }

    fn set_up(&self) -> rusqlite::Result<()> {
        self.db.busy_timeout(PATIENCE)?;
        // With a log, a killed writer leaves nothing half-written, and readers do not wait.
        self.db.pragma_update(None, "journal_mode", "wal")?;
        self.db.pragma_update(None, "synchronous", "normal")?;
        self.db.pragma_update(None, "foreign_keys", true)?;
        self.db.pragma_update(None, "cache_size", -32_000)?;
        self.db.set_prepared_statement_cache_capacity(64);
        Ok(())
    }

    /// Makes the steps that are missing. Two processes may open a new file at once: the second waits, and finds it done.
    fn migrate(&mut self) -> Result<(), StoreError> {
        let ours = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
        let path = self.path.clone();
        let found = self.change(|change| {
            let found: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
            let made = usize::try_from(found).unwrap_or(0);
            for step in STEPS.iter().skip(made) {
                change.execute_batch(step)?;
            }
            if found < ours {
                change.pragma_update(None, "user_version", ours)?;
            }
            Ok(found)
        })?;
        if found > ours {
            return Err(StoreError::Newer { path, found, ours });
        }
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a change that is done as a whole or not at all.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.change_packed(|change, _| work(change))
    }

    /// The same for a change that compresses entries.
    pub(crate) fn change_packed<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &mut Packing) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let packing = self.packing.get_mut();
        let behavior = TransactionBehavior::Immediate;
        let change = self.db.transaction_with_behavior(behavior);
        let done = change.and_then(|change| {
            let result = work(&change, packing)?;
            change.commit()?;
            Ok(result)
        });
        done.map_err(|source| {
            packing.forget();
            StoreError::Database {
                path: self.path.clone(),
                source,
            }
        })
    }

    /// Reads something.
    pub(crate) fn ask<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work(&self.db).map_err(|source| StoreError::Database {
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_schema_is_refused_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("below/store.db");
        let store = Store::open(&path).unwrap();
        store.db.pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        let error = Store::open(&path).unwrap_err().to_string();
        assert!(
            error.contains("schema 99") && error.contains("newer pmsts"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        std::fs::write(&path, "something else".repeat(100)).unwrap();
        assert!(matches!(
            Store::open(&path),
            Err(StoreError::Database { .. })
        ));
    }

    #[test]
    fn two_processes_can_make_the_same_store_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        std::thread::scope(|scope| {
            let open = || Store::open(&path).unwrap();
            let all: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            for one in all {
                one.join().unwrap();
            }
        });
    }
}

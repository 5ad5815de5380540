//! Removes what was not used for long, and what is too much.

use std::time::Duration;

use rusqlite::params;

use crate::database::Store;
use crate::entry::now;
use crate::error::StoreError;

/// How many entries to remove at once, so that others can write in between.
const AT_ONCE: usize = 1_000;

/// What to remove.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prune {
    /// Entries that were not used for this long.
    pub older: Option<Duration>,
    /// The longest unused entries, until the database has at most this size, in bytes.
    pub size: Option<u64>,
}

impl Store {
    /// Removes entries, with their verdicts and conflicts, and returns how many.
    pub fn prune(&mut self, what: Prune) -> Result<usize, StoreError> {
        let mut removed = 0;
        if let Some(older) = what.older {
            let before = now() - i64::try_from(older.as_secs()).unwrap_or(i64::MAX);
            loop {
                let some = self.remove_unused(before)?;
                removed += some;
                if some < AT_ONCE {
                    break;
                }
            }
        }
        if let Some(size) = what.size {
            while self.live_bytes()? > size {
                match self.remove_unused(i64::MAX)? {
                    0 => break,
                    some => removed += some,
                }
            }
        }
        if removed > 0 {
            self.ask(|db| db.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"))?;
        }
        Ok(removed)
    }

    fn remove_unused(&mut self, before: i64) -> Result<usize, StoreError> {
        self.change(|change| {
            let sql = "DELETE FROM observations WHERE id IN
                       (SELECT id FROM observations WHERE used < ? ORDER BY used, id LIMIT ?)";
            change.execute(sql, params![before, AT_ONCE])
        })
    }

    /// The size of the database without the pages that are free.
    fn live_bytes(&self) -> Result<u64, StoreError> {
        self.ask(|db| {
            let sql = "SELECT (page_count - freelist_count) * page_size
                       FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
            db.query_row(sql, [], |row| row.get(0))
        })
    }
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Verdict::Passed;

    use super::*;
    use crate::sample::{entry, with_store};

    #[test]
    fn what_was_not_used_for_long_is_removed_with_its_verdicts() {
        with_store(|store| {
            store
                .put(&[entry("a", 1, Passed), entry("b", 1, Passed)])
                .unwrap();
            store
                .db
                .execute("UPDATE observations SET used = 5 WHERE id = 1", [])
                .unwrap();
            let day = Some(Duration::from_secs(86_400));
            assert_eq!(
                store
                    .prune(Prune {
                        older: day,
                        size: None
                    })
                    .unwrap(),
                1
            );
            let left = store.statistics().unwrap();
            assert_eq!((left.observations, left.verdicts), (1, 1));
        });
    }

    #[test]
    fn a_store_that_is_too_large_shrinks() {
        with_store(|store| {
            let all: Vec<_> = (0..5_000)
                .map(|n| entry(&format!("a{n}"), n % 20, Passed))
                .collect();
            store.put(&all).unwrap();
            let bytes = store.statistics().unwrap().bytes / 2;
            assert!(
                store
                    .prune(Prune {
                        older: None,
                        size: Some(bytes)
                    })
                    .unwrap()
                    > 0
            );
            assert!(store.statistics().unwrap().bytes <= bytes);
            assert!(store.statistics().unwrap().observations > 0);
        });
    }
}

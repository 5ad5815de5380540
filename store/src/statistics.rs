//! How much a store holds.

use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::error::StoreError;

/// How much a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Observations of a build.
    pub observations: u64,
    /// Verdicts.
    pub verdicts: u64,
    /// Conflicts.
    pub conflicts: u64,
    /// Runs.
    pub runs: u64,
    /// The size of the database, in bytes.
    pub bytes: u64,
}

/// What is known of one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseKnown {
    /// The release: `portage@3.0.83`.
    pub release: String,
    /// Verdicts.
    pub verdicts: u64,
    /// Failures among them.
    pub failures: u64,
    /// When the newest was found.
    pub newest: String,
}

impl Store {
    /// How much it holds.
    pub fn statistics(&self) -> Result<Statistics, StoreError> {
        self.ask(|db| {
            let count = |sql: &str| db.prepare_cached(sql)?.query_row([], |row| row.get(0));
            Ok(Statistics {
                observations: count("SELECT count(*) FROM observations")?,
                verdicts: count("SELECT count(*) FROM verdicts")?,
                conflicts: count("SELECT count(*) FROM conflicts")?,
                runs: count("SELECT count(*) FROM runs")?,
                bytes: count(
                    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
                )?,
            })
        })
    }

    /// What is known of each release, in the order of their versions.
    pub fn releases_known(&self) -> Result<Vec<ReleaseKnown>, StoreError> {
        self.ask(|db| {
            let sql =
                "SELECT r.name, count(*), sum(v.verdict IN (1, 2)), max(v.found) FROM verdicts v
                       JOIN releases r ON r.id = v.release GROUP BY r.id ORDER BY r.pm, r.place";
            let mut sql = db.prepare_cached(sql)?;
            let rows = sql.query_map([], |row| {
                Ok(ReleaseKnown {
                    release: row.get(0)?,
                    verdicts: row.get(1)?,
                    failures: row.get(2)?,
                    newest: crate::entry::date(row.get(3)?),
                })
            })?;
            rows.collect()
        })
    }
}

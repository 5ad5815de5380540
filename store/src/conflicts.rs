//! Conflicts: verdicts that differ under one key. Each is a flake, or a key that leaves out something.

use pmsts_testcases::Verdict;
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::entry::{date, verdict};
use crate::error::StoreError;
use crate::key::Key;

/// Two verdicts under one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The key.
    pub key: Key,
    /// The release.
    pub release: String,
    /// The instance.
    pub instance: String,
    /// The first verdict, which is used.
    pub first: Verdict,
    /// When it was found.
    pub first_found: String,
    /// The other verdict.
    pub second: Verdict,
    /// When it was found.
    pub second_found: String,
}

impl Store {
    /// The newest conflicts.
    pub fn conflicts(&self, most: usize) -> Result<Vec<Conflict>, StoreError> {
        self.ask(|db| {
            let sql = "SELECT o.key, r.name, i.name, v.verdict, v.found, c.verdict, c.found
                       FROM conflicts c
                       JOIN observations o ON o.id = c.observation
                       JOIN instances i ON i.id = c.instance
                       JOIN verdicts v ON v.observation = c.observation AND v.instance = c.instance AND v.expect = c.expect
                       JOIN releases r ON r.id = v.release
                       ORDER BY c.id DESC LIMIT ?";
            let mut sql = db.prepare_cached(sql)?;
            let rows = sql.query_map([most], conflict)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }
}

fn conflict(row: &Row<'_>) -> rusqlite::Result<Option<Conflict>> {
    let key: Vec<u8> = row.get(0)?;
    let Some(key) = Key::from_bytes(&key) else {
        return Ok(None);
    };
    Ok(Some(Conflict {
        key,
        release: row.get(1)?,
        instance: row.get(2)?,
        first: verdict(row.get(3)?),
        first_found: date(row.get(4)?),
        second: verdict(row.get(5)?),
        second_found: date(row.get(6)?),
    }))
}

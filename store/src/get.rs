//! Reads entries: one by its key, many by the builds that they are about.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, Row, params};

use crate::database::Store;
use crate::entry::{Entry, now};
use crate::error::StoreError;
use crate::key::Key;
use crate::packing::Packed;

/// How stale the time of an entry's last use may be, in seconds: reading should seldom write.
const USED_WITHIN: i64 = 24 * 60 * 60;

/// An entry as it is kept, and its number in the store.
#[derive(Debug)]
pub struct Numbered {
    /// The number; later entries have higher ones.
    pub number: i64,
    /// The JSON of the entry.
    pub text: Vec<u8>,
}

impl Store {
    /// The entry under a key.
    pub fn get(&self, key: Key) -> Result<Option<Entry>, StoreError> {
        let text = self.text(key)?;
        Ok(text.and_then(|text| Entry::read(&text, Some(key)).ok()))
    }

    /// The JSON of the entry under a key.
    pub fn text(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(|db| {
            let sql = "SELECT id, dictionary, entry FROM observations WHERE key = ?";
            let found = db
                .prepare_cached(sql)?
                .query_row([key.bytes()], packed)
                .optional()?;
            let unpack = |(_, it)| self.packing.borrow_mut().unpack(db, &it);
            found.map(unpack).transpose()
        })
    }

    /// Whether there is an entry under a key.
    pub fn has(&self, key: Key) -> Result<bool, StoreError> {
        self.ask(|db| {
            db.prepare_cached("SELECT 1 FROM observations WHERE key = ?")?
                .exists([key.bytes()])
        })
    }

    /// The JSON of all entries about these builds. A build may have several, as each looked at something else.
    pub fn of_builds(&self, builds: &[Key]) -> Result<Vec<Vec<u8>>, StoreError> {
        self.ask(|db| {
            let mut texts = Vec::new();
            let sql = "SELECT id, dictionary, entry FROM observations WHERE build = ? ORDER BY id";
            let mut sql = db.prepare_cached(sql)?;
            for build in builds {
                let rows = sql.query_map([build.short()], packed)?;
                for row in rows {
                    texts.push(self.packing.borrow_mut().unpack(db, &row?.1)?);
                }
            }
            Ok(texts)
        })
    }

    /// Notes that these entries were used, so that they are not pruned.
    pub fn used(&mut self, keys: &BTreeSet<Key>) -> Result<(), StoreError> {
        let now = now();
        self.change(|change| {
            let sql = "UPDATE observations SET used = ? WHERE key = ? AND used < ?";
            let mut sql = change.prepare_cached(sql)?;
            for key in keys {
                sql.execute(params![now, key.bytes(), now - USED_WITHIN])?;
            }
            Ok(())
        })
    }

    /// At most `most` entries with higher numbers than `number`, in order.
    pub fn after(&self, number: i64, most: usize) -> Result<Vec<Numbered>, StoreError> {
        self.ask(|db| {
            let sql =
                "SELECT id, dictionary, entry FROM observations WHERE id > ? ORDER BY id LIMIT ?";
            let mut sql = db.prepare_cached(sql)?;
            let rows = sql.query_map(params![number, most], packed)?;
            let unpack = |row: rusqlite::Result<(i64, Packed)>| {
                let (number, packed) = row?;
                let text = self.packing.borrow_mut().unpack(db, &packed)?;
                Ok(Numbered { number, text })
            };
            rows.map(unpack).collect()
        })
    }
}

fn packed(row: &Row<'_>) -> rusqlite::Result<(i64, Packed)> {
    let packed = Packed {
        dictionary: row.get(1)?,
        bytes: row.get(2)?,
    };
    Ok((row.get(0)?, packed))
}

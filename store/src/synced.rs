//! How far another store is up to date with this one: where `sync` goes on.

use rusqlite::{OptionalExtension as _, params};

use crate::database::Store;
use crate::error::StoreError;

/// How far another store is up to date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    /// The number of our last entry that it was sent.
    pub sent: i64,
    /// The number of its last entry that we received.
    pub received: i64,
}

impl Store {
    /// How far the store at this address is up to date.
    pub fn synced(&self, url: &str) -> Result<Synced, StoreError> {
        self.ask(|db| {
            let sql = "SELECT sent, received FROM synced WHERE url = ?";
            let found = db.query_row(sql, [url], |row| {
                Ok(Synced {
                    sent: row.get(0)?,
                    received: row.get(1)?,
                })
            });
            Ok(found.optional()?.unwrap_or_default())
        })
    }

    /// Notes how far it is.
    pub fn set_synced(&mut self, url: &str, synced: Synced) -> Result<(), StoreError> {
        self.change(|change| {
            let sql = "INSERT INTO synced (url, sent, received) VALUES (?, ?, ?)
                       ON CONFLICT (url) DO UPDATE SET sent = excluded.sent, received = excluded.received";
            change.execute(sql, params![url, synced.sent, synced.received])?;
            Ok(())
        })
    }
}

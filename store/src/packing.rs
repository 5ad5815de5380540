//! Compression of entries. Alone, a short text compresses badly; so the store learns from its first entries what entries
//! have in common, and compresses all later ones by that.

use std::collections::HashMap;
use std::io;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::entry::LARGEST_BYTES;

/// How hard to compress. Higher levels gain little on texts so short.
const LEVEL: i32 = 6;

/// The largest dictionary, in bytes.
const DICTIONARY_BYTES: usize = 48 * 1024;

/// From how many entries a dictionary is learnt.
const SAMPLES: usize = 500;

/// A compressed entry, and the number of the dictionary that it needs.
pub(crate) struct Packed {
    pub(crate) dictionary: Option<i64>,
    pub(crate) bytes: Vec<u8>,
}

/// Dictionaries, prepared: that takes longer than to compress an entry.
#[derive(Default)]
pub(crate) struct Packing {
    prepared: HashMap<Option<i64>, Prepared>,
    /// The dictionary for new entries; looked for until there is one.
    newest: Option<i64>,
}

struct Prepared {
    compressor: zstd::bulk::Compressor<'static>,
    decompressor: zstd::bulk::Decompressor<'static>,
}

impl Packing {
    /// Compresses an entry. The database is asked for a dictionary that another process may have learnt.
    pub(crate) fn pack(&mut self, db: &Connection, text: &[u8]) -> rusqlite::Result<Packed> {
        let newest = match self.newest {
            Some(newest) => Some(newest),
            None => newest(db)?,
        };
        self.newest = newest;
        let prepared = self.prepare(db, newest)?;
        Ok(Packed {
            dictionary: newest,
            bytes: prepared.compressor.compress(text).map_err(broken)?,
        })
    }

    /// Restores an entry.
    pub(crate) fn unpack(&mut self, db: &Connection, packed: &Packed) -> rusqlite::Result<Vec<u8>> {
        let prepared = self.prepare(db, packed.dictionary)?;
        let restored = prepared
            .decompressor
            .decompress(&packed.bytes, LARGEST_BYTES);
        restored.map_err(broken)
    }

    fn prepare(&mut self, db: &Connection, which: Option<i64>) -> rusqlite::Result<&mut Prepared> {
        use std::collections::hash_map::Entry;
        match self.prepared.entry(which) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(place) => {
                let content: Vec<u8> = match which {
                    Some(id) => {
                        let sql = "SELECT content FROM dictionaries WHERE id = ?";
                        db.query_row(sql, [id], |row| row.get(0))?
                    }
                    None => Vec::new(),
                };
                let prepared = || -> io::Result<Prepared> {
                    Ok(Prepared {
                        compressor: zstd::bulk::Compressor::with_dictionary(LEVEL, &content)?,
                        decompressor: zstd::bulk::Decompressor::with_dictionary(&content)?,
                    })
                };
                Ok(place.insert(prepared().map_err(broken)?))
            }
        }
    }

    /// Learns a dictionary once there are enough entries, and compresses these anew.
    pub(crate) fn learn(&mut self, db: &Connection) -> rusqlite::Result<()> {
        if self.newest.is_some() || newest(db)?.is_some() {
            return Ok(());
        }
        let mut sql = db.prepare_cached("SELECT id, entry FROM observations LIMIT ?")?;
        let rows = sql.query_map([SAMPLES], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rows: Vec<(i64, Vec<u8>)> = rows.collect::<rusqlite::Result<_>>()?;
        if rows.len() < SAMPLES {
            return Ok(());
        }
        let mut texts = Vec::new();
        for (_, bytes) in &rows {
            let packed = Packed {
                dictionary: None,
                bytes: bytes.clone(),
            };
            texts.push(self.unpack(db, &packed)?);
        }
        // Entries that have nothing in common give no dictionary; then each stands alone.
        let Ok(content) = zstd::dict::from_samples(&texts, DICTIONARY_BYTES) else {
            return Ok(());
        };
        db.execute("INSERT INTO dictionaries (content) VALUES (?)", [content])?;
        let mut again =
            db.prepare_cached("UPDATE observations SET dictionary = ?, entry = ? WHERE id = ?")?;
        for ((id, _), text) in rows.iter().zip(&texts) {
            let packed = self.pack(db, text)?;
            again.execute(params![packed.dictionary, packed.bytes, id])?;
        }
        Ok(())
    }

    /// Forgets what a change that was undone may have prepared.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl std::fmt::Debug for Packing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packing")
            .field("newest", &self.newest)
            .finish_non_exhaustive()
    }
}

fn newest(db: &Connection) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT id FROM dictionaries ORDER BY id DESC LIMIT 1";
    db.prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()
}

/// Compressed bytes that cannot be restored are an error of the database file.
fn broken(error: io::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(error))
}

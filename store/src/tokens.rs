//! Tokens: who may read, write and administer. A token is shown once; the store has its checksum, with salt.

use std::fmt;
use std::str::FromStr;

use rusqlite::params;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::database::Store;
use crate::entry::{date, now};
use crate::error::StoreError;

/// What a token begins with, so that it is known where one was published by mistake.
const PREFIX: &str = "pmsts_";

/// What somebody may do. Each includes those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum May {
    /// Ask for entries, and search.
    Read,
    /// Add entries.
    Write,
    /// Export everything, and see who has tokens.
    Admin,
}

impl May {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Read, "read"),
        (Self::Write, "write"),
        (Self::Admin, "admin"),
    ];
}

impl fmt::Display for May {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::ALL.iter().find(|(may, _)| may == self);
        f.write_str(word.map_or("", |(_, word)| word))
    }
}

impl FromStr for May {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found
            .map(|(may, _)| *may)
            .ok_or_else(|| format!("`{text}` is none of read, write, admin"))
    }
}

/// A token that was just made.
#[derive(Debug)]
pub struct NewToken(String);

impl NewToken {
    /// Makes a token of 32 random bytes.
    pub fn of(random: [u8; 32]) -> Self {
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(PREFIX.to_owned() + &digits)
    }

    /// The token itself.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

/// A token in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its name.
    pub name: String,
    /// What its owner may do.
    pub may: May,
    /// When it was made.
    pub made: String,
}

impl Store {
    /// Keeps the checksum of a token. `false` if there is one of that name.
    pub fn add_token(
        &mut self,
        name: &str,
        may: May,
        token: &NewToken,
        salt: [u8; 16],
    ) -> Result<bool, StoreError> {
        self.change(|change| {
            let sql = "INSERT INTO tokens (name, salt, hash, may, made) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
            let hash = hash(&salt, token.secret());
            let added = change.execute(sql, params![name, salt, hash, may.to_string(), now()])?;
            Ok(added > 0)
        })
    }

    /// Removes a token. `false` if there is none of that name.
    pub fn remove_token(&mut self, name: &str) -> Result<bool, StoreError> {
        self.change(|change| Ok(change.execute("DELETE FROM tokens WHERE name = ?", [name])? > 0))
    }

    /// All tokens.
    pub fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.ask(|db| {
            let mut sql = db.prepare("SELECT name, may, made FROM tokens ORDER BY name")?;
            let rows = sql.query_map([], |row| {
                Ok(Token {
                    name: row.get(0)?,
                    may: may(&row.get::<_, String>(1)?),
                    made: date(row.get(2)?),
                })
            })?;
            rows.collect()
        })
    }

    /// What the owner of this token may do; `None` if it is not one of ours.
    pub fn may(&self, secret: &str) -> Result<Option<May>, StoreError> {
        if !secret.starts_with(PREFIX) {
            return Ok(None);
        }
        self.ask(|db| {
            let mut sql = db.prepare_cached("SELECT salt, hash, may FROM tokens")?;
            let mut rows = sql.query([])?;
            while let Some(row) = rows.next()? {
                let (salt, kept): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
                if same(&hash(&salt, secret), &kept) {
                    return Ok(Some(may(&row.get::<_, String>(2)?)));
                }
            }
            Ok(None)
        })
    }
}

/// What a kept word allows: nothing more than reading, if it is not known.
fn may(word: &str) -> May {
    word.parse().unwrap_or(May::Read)
}

/// A token has 256 random bits, so that a quick checksum keeps it.
fn hash(salt: &[u8], secret: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(secret);
    hash.finalize().to_vec()
}

/// Compares without telling by its time where two checksums differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::with_store;

    #[test]
    fn a_token_is_known_by_its_checksum_alone() {
        with_store(|store| {
            let token = NewToken::of([7; 32]);
            assert!(store.add_token("ci", May::Write, &token, [1; 16]).unwrap());
            assert!(!store.add_token("ci", May::Admin, &token, [2; 16]).unwrap());
            assert_eq!(store.may(token.secret()).unwrap(), Some(May::Write));
            assert_eq!(store.may("pmsts_").unwrap(), None);
            assert_eq!(store.may(NewToken::of([8; 32]).secret()).unwrap(), None);
            let file = std::fs::read(store.path()).unwrap();
            let secret = token.secret().as_bytes();
            assert!(!file.windows(secret.len()).any(|part| part == secret));
            assert_eq!(store.tokens().unwrap()[0].may, May::Write);
            assert!(store.remove_token("ci").unwrap());
            assert_eq!(store.may(token.secret()).unwrap(), None);
        });
    }
}

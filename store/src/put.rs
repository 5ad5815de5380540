//! Puts entries into the store. The first verdict under a key wins; another one is kept beside it as a conflict.

use pep440_rs::Version;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::entry::{Entry, Judged, Target, code, expectation, now, seconds};
use crate::error::StoreError;
use crate::packing::Packing;

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new, or has new verdicts.
    New,
    /// All of it was known.
    Known,
    /// It has another verdict than the one that is known, and was kept beside it.
    Conflict,
    /// It only adds verdicts to observations, which are not there.
    NothingToAddTo,
}

/// What became of several entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Entries that are new, or have new verdicts.
    pub new: u64,
    /// Entries that were known.
    pub known: u64,
    /// Entries with another verdict than the one that is known.
    pub conflicts: u64,
    /// Entries that were not used.
    pub refused: u64,
}

impl Counts {
    /// Counts one more entry.
    pub fn add(&mut self, put: Put) {
        *match put {
            Put::New => &mut self.new,
            Put::Known => &mut self.known,
            Put::Conflict => &mut self.conflicts,
            Put::NothingToAddTo => &mut self.refused,
        } += 1;
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: Self) {
        self.new += other.new;
        self.known += other.known;
        self.conflicts += other.conflicts;
        self.refused += other.refused;
    }
}

impl Store {
    /// Puts entries, all or none.
    pub fn put(&mut self, entries: &[Entry]) -> Result<Vec<Put>, StoreError> {
        self.change_packed(|change, packing| {
            let put = |entry| put(change, packing, entry);
            let done: Vec<Put> = entries.iter().map(put).collect::<rusqlite::Result<_>>()?;
            packing.learn(change)?;
            Ok(done)
        })
    }
}

fn put(db: &Transaction<'_>, packing: &mut Packing, entry: &Entry) -> rusqlite::Result<Put> {
    let release = entry
        .target
        .as_ref()
        .map(|it| release(db, it))
        .transpose()?;
    let target = match (&entry.target, release) {
        (Some(it), Some(release)) => Some(target(db, it, release)?),
        _ => None,
    };
    let found = seconds(&entry.found).unwrap_or_default();
    let known = db
        .prepare_cached("SELECT id FROM observations WHERE key = ?")?
        .query_row([entry.key.bytes()], |row| row.get::<_, i64>(0))
        .optional()?;
    let (id, mut result) = match known {
        Some(id) => (id, Put::Known),
        None if entry.body.is_none() => return Ok(Put::NothingToAddTo),
        None => {
            let packed = packing.pack(db, entry.text().as_bytes())?;
            let sql =
                "INSERT INTO observations (key, build, target, found, used, dictionary, entry)
                       VALUES (?, ?, ?, ?, ?, ?, ?)";
            db.prepare_cached(sql)?.execute(params![
                entry.key.bytes(),
                entry.build.short(),
                target,
                found,
                now(),
                packed.dictionary,
                packed.bytes
            ])?;
            (db.last_insert_rowid(), Put::New)
        }
    };
    for judged in &entry.verdicts {
        let Some(release) = release else { continue };
        let one = Row {
            observation: id,
            release,
            instance: instance(db, judged)?,
            expect: expectation(&judged.expect).unwrap_or_default(),
            code: code(judged.verdict).unwrap_or_default(),
            found,
        };
        match one.put(db)? {
            Put::Conflict => {
                one.conflict(db, entry)?;
                result = Put::Conflict;
            }
            Put::New if result == Put::Known => result = Put::New,
            _ => {}
        }
    }
    Ok(result)
}

/// A verdict by the numbers of the database.
struct Row {
    observation: i64,
    release: i64,
    instance: i64,
    expect: i64,
    code: i64,
    found: i64,
}

impl Row {
    fn put(&self, db: &Connection) -> rusqlite::Result<Put> {
        let sql = "INSERT INTO verdicts (instance, release, observation, expect, verdict, found)
                   VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let added = db.prepare_cached(sql)?.execute(params![
            self.instance,
            self.release,
            self.observation,
            self.expect,
            self.code,
            self.found
        ])?;
        if added > 0 {
            return Ok(Put::New);
        }
        let sql = "SELECT verdict FROM verdicts
                   WHERE instance = ? AND release = ? AND observation = ? AND expect = ?";
        let same = params![self.instance, self.release, self.observation, self.expect];
        let first: i64 = db.prepare_cached(sql)?.query_row(same, |row| row.get(0))?;
        Ok(if first == self.code {
            Put::Known
        } else {
            Put::Conflict
        })
    }

    /// Keeps it beside the first one.
    fn conflict(&self, db: &Connection, entry: &Entry) -> rusqlite::Result<()> {
        let sql = "INSERT INTO conflicts (observation, instance, expect, verdict, found, entry)
                   VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        db.prepare_cached(sql)?.execute(params![
            self.observation,
            self.instance,
            self.expect,
            self.code,
            self.found,
            entry.text()
        ])?;
        Ok(())
    }
}

fn instance(db: &Connection, judged: &Judged) -> rusqlite::Result<i64> {
    let known = db
        .prepare_cached("SELECT id FROM instances WHERE name = ?")?
        .query_row([&judged.instance], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let sql = "INSERT INTO instances (name, case_id, title, eapi, section) VALUES (?, ?, ?, ?, ?) RETURNING id";
    let it = params![
        judged.instance,
        judged.case,
        judged.title,
        judged.eapi,
        judged.section
    ];
    db.prepare_cached(sql)?.query_row(it, |row| row.get(0))
}

/// The number of a release, which is added where it is new.
pub(crate) fn release(db: &Connection, target: &Target) -> rusqlite::Result<i64> {
    let known = db
        .prepare_cached("SELECT id FROM releases WHERE name = ?")?
        .query_row([&target.name], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let sql = "INSERT INTO releases (name, pm, version) VALUES (?, ?, ?) RETURNING id";
    let it = params![target.name, target.pm, target.version];
    let id = db.prepare_cached(sql)?.query_row(it, |row| row.get(0))?;
    order(db, &target.pm)?;
    Ok(id)
}

/// Puts the releases of a package manager into the order of their versions. A version of another form comes first.
fn order(db: &Connection, pm: &str) -> rusqlite::Result<()> {
    let mut sql = db.prepare_cached("SELECT id, version, name FROM releases WHERE pm = ?")?;
    let rows = sql.query_map([pm], |row| {
        let (version, name): (String, String) = (row.get(1)?, row.get(2)?);
        Ok((version.parse::<Version>().ok(), name, row.get::<_, i64>(0)?))
    })?;
    let mut all: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    all.sort();
    for (place, (.., id)) in all.iter().enumerate() {
        db.prepare_cached("UPDATE releases SET place = ?1 WHERE id = ?2 AND place <> ?1")?
            .execute(params![place, id])?;
    }
    Ok(())
}

fn target(db: &Connection, target: &Target, release: i64) -> rusqlite::Result<i64> {
    let known = db
        .prepare_cached("SELECT id FROM targets WHERE release = ? AND key = ?")?
        .query_row(params![release, target.key], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    db.prepare_cached("INSERT INTO targets (release, key, bash) VALUES (?, ?, ?) RETURNING id")?
        .query_row(params![release, target.key, target.bash], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Verdict::{Failed, Passed};

    use super::*;
    use crate::sample::{entry, with_store};

    #[test]
    fn the_first_verdict_wins_and_another_one_is_kept_beside_it() {
        with_store(|store| {
            let first = entry("a", 1, Passed);
            let mut second = first.clone();
            second.verdicts[0].verdict = Failed;
            assert_eq!(store.put(std::slice::from_ref(&first)).unwrap(), [Put::New]);
            assert_eq!(
                store.put(&[second.clone(), first.clone(), second]).unwrap(),
                [Put::Conflict, Put::Known, Put::Conflict]
            );
            assert_eq!(store.get(first.key).unwrap().unwrap().text(), first.text());
            let conflicts = store.conflicts(10).unwrap();
            assert_eq!(conflicts.len(), 1);
            assert_eq!((conflicts[0].first, conflicts[0].second), (Passed, Failed));
        });
    }

    #[test]
    fn verdicts_for_other_expectations_are_added_to_observations() {
        with_store(|store| {
            let first = entry("a", 1, Passed);
            let mut second = Entry {
                body: None,
                ..first.clone()
            };
            second.verdicts[0].verdict = Failed;
            second.verdicts[0].expect = "00000000000000bb".to_owned();
            let add = std::slice::from_ref(&second);
            assert_eq!(store.put(add).unwrap(), [Put::NothingToAddTo]);
            store.put(&[first]).unwrap();
            assert_eq!(store.put(add).unwrap(), [Put::New]);
            assert_eq!(store.put(add).unwrap(), [Put::Known]);
        });
    }

    #[test]
    fn entries_are_restored_whatever_they_were_compressed_by() {
        with_store(|store| {
            let all: Vec<Entry> = (0..1200)
                .map(|n| entry(&format!("a{n}"), n % 20, Passed))
                .collect();
            store.put(&all).unwrap();
            let again = Store::open(store.path()).unwrap();
            for entry in &all {
                assert_eq!(again.get(entry.key).unwrap().unwrap().text(), entry.text());
            }
        });
    }
}

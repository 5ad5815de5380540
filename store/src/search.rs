//! Questions about verdicts: what is known of a case, a section or a finding, on which releases, and where it changed.

use pep440_rs::{Version, VersionSpecifiers};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::database::Store;
use crate::entry::{code, date, seconds, verdict};
use crate::error::StoreError;
use crate::key::Key;
use crate::picker::{Cursor, Picker, Placed};
use crate::question::{Known, LARGEST_PAGE, Page, Query};

const SELECT: &str = "
SELECT i.name, i.case_id, i.title, i.eapi, i.section, r.name, v.verdict, v.found, o.key,
    (SELECT f.name FROM shown s JOIN findings f ON f.id = s.finding WHERE s.instance = i.name AND s.release = r.id),
    (SELECT count(*) FROM conflicts c WHERE c.observation = v.observation AND c.instance = i.id AND c.expect = v.expect),
    r.pm, r.place
FROM instances i CROSS JOIN verdicts v ON v.instance = i.id
JOIN releases r ON r.id = v.release
JOIN observations o ON o.id = v.observation
WHERE NOT EXISTS (
    SELECT 1 FROM verdicts w WHERE w.instance = v.instance AND w.release = v.release
    AND (w.found, w.observation, w.expect) > (v.found, v.observation, v.expect))";

impl Store {
    /// Answers a question. Of several verdicts on an instance and a release, under different keys, the newest counts.
    pub fn search(&self, query: &Query) -> Result<Page, StoreError> {
        let (mut sql, mut values) = (SELECT.to_owned(), Vec::new());
        for (condition, value) in self.conditions(query)? {
            sql.push_str("\nAND ");
            sql.push_str(&condition);
            values.extend(value);
        }
        let after = query.after.as_deref().map(Cursor::read).transpose()?;
        if let Some(Cursor(name, pm, place)) = &after {
            sql.push_str("\nAND i.name >= ? AND (i.name, r.pm, r.place) >= (?, ?, ?)");
            values.extend([text(name), text(name), text(pm), Value::Integer(*place)]);
        }
        sql.push_str("\nORDER BY i.name, r.pm, r.place");
        let most = query.limit.unwrap_or(100).clamp(1, LARGEST_PAGE);
        let mut picker = Picker::new(query.show, after);
        self.ask(|db| {
            let mut sql = db.prepare_cached(&sql)?;
            let mut rows = sql.query(params_from_iter(values))?;
            let mut page = Page::default();
            let mut last = None;
            while let Some(row) = rows.next()? {
                let cursor = Cursor(row.get(0)?, row.get(11)?, row.get(12)?);
                let Some(known) = picker.pick(placed(row)?) else {
                    continue;
                };
                if page.rows.len() == most {
                    page.next = last;
                    break;
                }
                last = Some(cursor.text());
                page.rows.push(known);
            }
            Ok(page)
        })
    }

    fn conditions(&self, query: &Query) -> Result<Vec<(String, Vec<Value>)>, StoreError> {
        let mut all = Vec::new();
        if let Some(about) = &query.about {
            let same = vec![text(about); 5];
            // The finding comes with the releases that showed it.
            let sql = "+i.id IN (SELECT id FROM instances WHERE case_id GLOB ? UNION SELECT id FROM instances WHERE name = ?
                 UNION SELECT id FROM instances WHERE section = ? UNION SELECT i2.id FROM findings f
                 JOIN shown s ON s.finding = f.id JOIN instances i2 ON i2.name = s.instance WHERE f.name = ?
                 UNION SELECT id FROM instances WHERE name GLOB ?)";
            all.push((sql.to_owned(), same));
        }
        if let Some(pm) = &query.pm {
            all.push(self.releases(pm)?);
        }
        if let Some(eapi) = &query.eapi {
            all.push(("i.eapi = ?".to_owned(), vec![text(eapi)]));
        }
        if let Some(verdict) = query.verdict {
            let code = code(verdict).ok_or_else(|| {
                let words = verdict.words();
                StoreError::Question(format!(
                    "no verdict `{words}` is ever kept: another run might give another one"
                ))
            })?;
            all.push(("v.verdict = ?".to_owned(), vec![Value::Integer(code)]));
        }
        if let Some(since) = &query.since {
            let since = seconds(since).ok_or_else(|| {
                StoreError::Question(format!("`{since}` is no date: write 2026-01-31T00:00:00Z"))
            })?;
            all.push(("v.found >= ?".to_owned(), vec![Value::Integer(since)]));
        }
        if let Some(words) = &query.text {
            let sql = "+i.id IN (SELECT rowid FROM instances_text WHERE instances_text MATCH ?)";
            all.push((sql.to_owned(), vec![Value::Text(phrases(words)?)]));
        }
        if let Some(run) = &query.not_in {
            let id = self.run(run)?;
            let sql = "r.id IN (SELECT release FROM run_verdicts WHERE run = ?) AND NOT EXISTS
                 (SELECT 1 FROM run_verdicts x WHERE x.run = ? AND x.release = r.id AND x.instance = i.name)";
            all.push((sql.to_owned(), vec![Value::Integer(id), Value::Integer(id)]));
        }
        Ok(all)
    }

    /// The condition for a package manager, a release or a range of releases.
    fn releases(&self, spec: &str) -> Result<(String, Vec<Value>), StoreError> {
        let Some((pm, wanted)) = spec.split_once('@') else {
            return Ok(("r.pm = ?".to_owned(), vec![text(spec)]));
        };
        let fits = wanted_versions(wanted);
        let ids = self.ask(|db| {
            let mut sql = db.prepare_cached("SELECT id, version FROM releases WHERE pm = ?")?;
            let rows = sql.query_map([pm], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let rows: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
            Ok(rows)
        })?;
        let ids = ids.into_iter().filter(|(_, version)| fits(version));
        let ids: Vec<String> = ids.map(|(id, _)| id.to_string()).collect();
        Ok((format!("r.id IN ({})", ids.join(", ")), Vec::new()))
    }

    fn run(&self, name: &str) -> Result<i64, StoreError> {
        let found = self.ask(|db: &Connection| {
            let mut sql = db.prepare_cached("SELECT id FROM runs WHERE name = ?")?;
            let mut rows = sql.query([name])?;
            rows.next()?.map(|row| row.get(0)).transpose()
        })?;
        found.ok_or_else(|| {
            StoreError::Question(format!(
                "the store has no run `{name}`; `pmsts history --runs` lists those it has"
            ))
        })
    }
}

/// Whether a version is wanted: one, or a range `A..B`, or conditions such as `>=3,<4`.
fn wanted_versions(wanted: &str) -> Box<dyn Fn(&str) -> bool> {
    let version = |text: &str| text.parse::<Version>().ok();
    if let Some((from, to)) = wanted.split_once("..") {
        let (from, to) = (version(from), version(to));
        return Box::new(move |it| {
            version(it).is_some_and(|it| {
                from.as_ref().is_none_or(|from| *from <= it)
                    && to.as_ref().is_none_or(|to| it <= *to)
            })
        });
    }
    if let Ok(wanted) = wanted.parse::<VersionSpecifiers>()
        && !wanted.is_empty()
    {
        return Box::new(move |it| version(it).is_some_and(|it| wanted.contains(&it)));
    }
    let wanted = wanted.to_owned();
    Box::new(move |it| it == wanted)
}

/// The words as a full-text query: all of them, each taken literally, the last as a beginning.
fn phrases(words: &str) -> Result<String, StoreError> {
    let quoted: Vec<String> = words
        .split_whitespace()
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    if !words.contains(char::is_alphanumeric) {
        return Err(StoreError::Question(format!(
            "`{words}` has no word to look for"
        )));
    }
    Ok(format!("{}*", quoted.join(" ")))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn placed(row: &Row<'_>) -> rusqlite::Result<Placed> {
    let key: Vec<u8> = row.get(8)?;
    Ok(Placed {
        known: Known {
            instance: row.get(0)?,
            case: row.get(1)?,
            title: row.get(2)?,
            eapi: row.get(3)?,
            section: row.get(4)?,
            release: row.get(5)?,
            verdict: verdict(row.get(6)?),
            found: date(row.get(7)?),
            key: Key::from_bytes(&key).unwrap_or_else(|| Key::of([])),
            finding: row.get(9)?,
            before: None,
            conflicts: row.get(10)?,
        },
        pm: row.get(11)?,
        place: row.get(12)?,
    })
}

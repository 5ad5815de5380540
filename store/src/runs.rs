//! Runs: what each was of, and the findings that it showed.

use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::entry::{Target, date, seconds};
use crate::error::StoreError;
use crate::put::release;

/// A run, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its name: the time at which it began, and some digits that no other run has.
    pub name: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The arguments of its command line.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// What it found on each target.
    pub targets: Vec<RunTarget>,
}

/// What a run found on one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTarget {
    /// The target.
    pub target: Target,
    /// Wall time, in milliseconds.
    #[serde(default)]
    pub wall_ms: u64,
    /// Instances that have a verdict in the run.
    pub instances: Vec<String>,
    /// Findings that it showed.
    #[serde(default)]
    pub findings: Vec<Shown>,
}

/// A finding, and the instances that showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Id of the finding.
    pub finding: String,
    /// Its title.
    pub title: String,
    /// The instances.
    pub instances: Vec<String>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedRun {
    /// Its name.
    pub name: String,
    /// When it began.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Its targets, and how many instances have a verdict on each.
    pub targets: Vec<(String, u64)>,
}

/// A finding over releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingOver {
    /// Id of the finding.
    pub finding: String,
    /// Its package manager.
    pub pm: String,
    /// Its title.
    pub title: String,
    /// Releases that showed it, oldest first, with the number of instances.
    pub releases: Vec<(String, u64)>,
}

/// What a list of runs shows, as it is kept.
#[derive(Serialize, Deserialize)]
struct Summary {
    duration_ms: u64,
    arguments: Vec<String>,
    targets: Vec<(String, u64)>,
}

impl Store {
    /// Keeps a run. One that is there already stays as it is.
    pub fn put_run(&mut self, run: &Run) -> Result<bool, StoreError> {
        let counted = run.targets.iter().map(|it| {
            let count = u64::try_from(it.instances.len()).unwrap_or(u64::MAX);
            (it.target.name.clone(), count)
        });
        let summary = Summary {
            duration_ms: run.duration_ms,
            arguments: run.arguments.clone(),
            targets: counted.collect(),
        };
        let summary = serde_json::to_string(&summary).unwrap_or_default();
        let started = seconds(&run.started).unwrap_or_default();
        self.change(|change| {
            let sql =
                "INSERT INTO runs (name, started, summary) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
            if change.execute(sql, params![run.name, started, summary])? == 0 {
                return Ok(false);
            }
            let id = change.last_insert_rowid();
            for target in &run.targets {
                put_target(change, id, target)?;
            }
            Ok(true)
        })
    }

    /// The newest runs.
    pub fn runs(&self, most: usize) -> Result<Vec<ListedRun>, StoreError> {
        self.ask(|db| {
            let sql =
                "SELECT name, started, summary FROM runs ORDER BY started DESC, id DESC LIMIT ?";
            let mut sql = db.prepare_cached(sql)?;
            let rows = sql.query_map([most], |row| {
                let summary: String = row.get(2)?;
                let (name, started) = (row.get(0)?, date(row.get(1)?));
                let listed = |summary: Summary| ListedRun {
                    name,
                    started,
                    duration_ms: summary.duration_ms,
                    targets: summary.targets,
                };
                Ok(serde_json::from_str(&summary).ok().map(listed))
            })?;
            Ok(rows
                .collect::<rusqlite::Result<Vec<_>>>()?
                .into_iter()
                .flatten()
                .collect())
        })
    }

    /// All findings, each with the releases that showed it.
    pub fn findings(&self) -> Result<Vec<FindingOver>, StoreError> {
        self.ask(|db| {
            let sql = "SELECT f.name, f.pm, f.title, r.name, count(*) FROM shown s
                       JOIN findings f ON f.id = s.finding JOIN releases r ON r.id = s.release
                       GROUP BY f.id, r.id ORDER BY f.pm, f.name, r.place";
            let mut sql = db.prepare_cached(sql)?;
            let mut rows = sql.query([])?;
            let mut all: Vec<FindingOver> = Vec::new();
            while let Some(row) = rows.next()? {
                let finding: String = row.get(0)?;
                let release = (row.get(3)?, row.get(4)?);
                match all.last_mut().filter(|last| last.finding == finding) {
                    Some(last) => last.releases.push(release),
                    None => all.push(FindingOver {
                        finding,
                        pm: row.get(1)?,
                        title: row.get(2)?,
                        releases: vec![release],
                    }),
                }
            }
            Ok(all)
        })
    }
}

fn put_target(db: &Transaction<'_>, run: i64, it: &RunTarget) -> rusqlite::Result<()> {
    let release = release(db, &it.target)?;
    let sql =
        "INSERT INTO run_verdicts (run, release, instance) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    let mut add = db.prepare_cached(sql)?;
    for instance in &it.instances {
        add.execute(params![run, release, instance])?;
    }
    for shown in &it.findings {
        let sql = "INSERT INTO findings (name, pm, title) VALUES (?, ?, ?)
                   ON CONFLICT (name) DO UPDATE SET title = excluded.title RETURNING id";
        let finding: i64 = db
            .prepare_cached(sql)?
            .query_row(params![shown.finding, it.target.pm, shown.title], |row| {
                row.get(0)
            })?;
        let sql = "INSERT INTO shown (finding, release, instance) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        let mut add = db.prepare_cached(sql)?;
        for instance in &shown.instances {
            add.execute(params![finding, release, instance])?;
        }
    }
    Ok(())
}

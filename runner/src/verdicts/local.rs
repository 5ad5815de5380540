//! Keeps verdicts in the cache: one file for each key, one line for each build, written as soon as it is judged.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use pmsts_reports::record::{BuildRecord, Instance};
use serde::{Deserialize, Serialize};

use super::{Earlier, Known, Prior, is_reusable};
use crate::provision::Cache;
use crate::record::events::{RunEvent, Sink};

/// How long an unused file is kept.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A build and its verdicts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// When they were found, RFC 3339.
    found: String,
    build: BuildRecord,
    instances: Vec<Instance>,
}

impl Kept {
    /// Reads the verdicts under a key. An incomplete line, left by a killed run, is ignored.
    pub(super) fn read(cache: &Cache, key: &str) -> Vec<Known> {
        let Ok(file) = File::open(place(cache, key)) else {
            return Vec::new();
        };
        let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
        let kept = lines.filter_map(|line| serde_json::from_slice::<Self>(&line).ok());
        kept.flat_map(Self::known).collect()
    }

    fn known(self) -> impl Iterator<Item = Known> {
        let Self {
            found,
            build,
            instances,
        } = self;
        let build = Rc::new(build);
        instances.into_iter().map(move |instance| Known {
            instance: Instance {
                reused: Some(found.clone()),
                ..instance
            },
            build: Rc::clone(&build),
        })
    }
}

fn place(cache: &Cache, key: &str) -> PathBuf {
    cache.root().join("verdicts").join(format!("{key}.jsonl"))
}

/// A sink that keeps the verdicts of a run.
pub(crate) struct Keep {
    /// A file for each target that has a key.
    files: Vec<Option<File>>,
    /// The build whose verdicts are being received, and its target.
    pending: Option<(usize, Kept)>,
    /// The error of keeping verdicts, if there was one.
    failed: Rc<RefCell<Option<io::Error>>>,
}

impl Keep {
    /// Keeps verdicts under the key of each target, and removes files that are long unused. The cell holds the error
    /// afterwards, if there was one.
    pub(crate) fn new<'k>(
        cache: &Cache,
        keys: impl Iterator<Item = Option<&'k str>>,
    ) -> (Self, Rc<RefCell<Option<io::Error>>>) {
        let failed = Rc::new(RefCell::new(None));
        let open = |key: Option<&'k str>| {
            let opened = open(cache, key?);
            opened.map_err(|error| failed.replace(Some(error))).ok()
        };
        let files = keys.map(open).collect();
        remove_unused(cache);
        let this = Self {
            files,
            pending: None,
            failed: Rc::clone(&failed),
        };
        (this, failed)
    }

    /// Adds a sink that keeps verdicts, if the run keeps them. The cell holds the error afterwards, if there was one.
    pub(crate) fn beside(
        sinks: &mut Vec<Box<dyn Sink + '_>>,
        prior: &[Prior],
        earlier: &Earlier<'_>,
    ) -> Option<Rc<RefCell<Option<io::Error>>>> {
        let keys = prior.iter().map(|prior| prior.key.as_deref());
        let (keep, unkept) = Self::new(earlier.cache?, keys);
        sinks.push(Box::new(keep));
        Some(unkept)
    }

    fn flush(&mut self) {
        let Some((target, kept)) = self.pending.take() else {
            return;
        };
        let Some(Some(file)) = self.files.get_mut(target) else {
            return;
        };
        if kept.instances.is_empty() || !kept.instances.iter().all(is_reusable) {
            return;
        }
        // One write for each line, so that two runs do not mix their lines.
        let written = serde_json::to_vec(&kept)
            .map_err(io::Error::from)
            .and_then(|mut line| {
                line.push(b'\n');
                file.write_all(&line)
            });
        if let Err(error) = written {
            self.files[target] = None;
            self.failed.replace(Some(error));
        }
    }
}

impl Sink for Keep {
    fn event(&mut self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Build { target, build, .. } => {
                self.flush();
                let kept = Kept {
                    found: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
                    build: BuildRecord::clone(build),
                    instances: Vec::new(),
                };
                self.pending = Some((*target, kept));
            }
            RunEvent::Verdict { instance, .. } if instance.reused.is_none() => {
                if let Some((_, kept)) = &mut self.pending {
                    kept.instances.push(Instance::clone(instance));
                }
            }
            RunEvent::Ended => self.flush(),
            _ => {}
        }
    }
}

fn open(cache: &Cache, key: &str) -> io::Result<File> {
    let place = place(cache, key);
    fs::create_dir_all(cache.root().join("verdicts"))?;
    let mut file = File::options()
        .create(true)
        .read(true)
        .append(true)
        .open(place)?;
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            // Ends the line that a killed run did not finish.
            file.write_all(b"\n")?;
        }
    }
    file.set_modified(SystemTime::now())?;
    Ok(file)
}

fn remove_unused(cache: &Cache) {
    let Ok(entries) = fs::read_dir(cache.root().join("verdicts")) else {
        return;
    };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|file| file.modified());
        let age = changed.ok().and_then(|changed| changed.elapsed().ok());
        if age.is_some_and(|age| age > UNUSED) {
            // Another run may have removed it already.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::{Observed, Verdict};

    use super::*;

    fn instance(verdict: Verdict) -> Instance {
        let text = r#"{"id": "a@8", "case": "a", "title": "", "eapi": "8", "row": null, "section": "s", "chapter": "c",
            "requirements": [], "verdict": "passed", "reason": null, "disputed": null, "compared": [], "build": 0,
            "checksum": "1"}"#;
        let instance: Instance = serde_json::from_str(text).unwrap();
        Instance {
            verdict,
            ..instance
        }
    }

    fn keep(cache: &Cache, verdict: Verdict) {
        let (mut keep, failed) = Keep::new(cache, [Some("key")].into_iter());
        let (build, observed) = (BuildRecord::default(), Observed::default());
        keep.event(&RunEvent::Build {
            target: 0,
            build: &build,
            observed: &observed,
        });
        keep.event(&RunEvent::Verdict {
            target: 0,
            instance: &instance(verdict),
        });
        keep.event(&RunEvent::Ended);
        assert!(failed.take().is_none());
    }

    fn with_cache(test: impl FnOnce(&Cache)) {
        let dir = tempfile::tempdir().unwrap();
        test(&Cache::at(dir.path()).unwrap());
    }

    #[test]
    fn a_settled_verdict_is_kept_and_says_when_it_was_found() {
        with_cache(|cache| {
            keep(cache, Verdict::Failed);
            keep(cache, Verdict::TimedOut);
            let kept = Kept::read(cache, "key");
            assert_eq!(kept.len(), 1);
            assert_eq!(kept[0].instance.verdict, Verdict::Failed);
            assert!(kept[0].instance.reused.is_some());
            assert!(Kept::read(cache, "other").is_empty());
        });
    }

    #[test]
    fn a_line_that_was_cut_off_takes_no_other_with_it() {
        with_cache(|cache| {
            keep(cache, Verdict::Passed);
            let place = place(cache, "key");
            let whole = fs::read(&place).unwrap();
            fs::write(&place, &whole[..whole.len() / 2]).unwrap();
            keep(cache, Verdict::Passed);
            assert_eq!(Kept::read(cache, "key").len(), 1);
        });
    }

    #[test]
    fn what_nobody_asked_for_lately_is_removed() {
        with_cache(|cache| {
            keep(cache, Verdict::Passed);
            let old = File::options()
                .append(true)
                .open(place(cache, "key"))
                .unwrap();
            old.set_modified(SystemTime::now() - UNUSED * 2).unwrap();
            drop(Keep::new(cache, [Some("other")].into_iter()));
            assert!(Kept::read(cache, "key").is_empty());
            assert!(place(cache, "other").exists());
        });
    }
}

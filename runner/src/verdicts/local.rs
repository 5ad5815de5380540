//! Observations in the cache: a file for each key, a line for each build, written as they come.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use pmsts_reports::record::BuildRecord;
use pmsts_testcases::Observed;
use serde::{Deserialize, Serialize};

use super::{Earlier, Prior, is_reusable};
use crate::provision::Cache;
use crate::record::events::{RunEvent, Sink};
use crate::schedule::work::Work;

/// The directory of the cache.
const DIR: &str = "observations";

/// How long a file is kept that no run uses.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What was observed of a build.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// When it was observed, RFC 3339.
    pub found: String,
    /// Checksum of the build as rendered.
    checksum: String,
    /// What was read beside the messages of phases, as only that was observed.
    asked: BTreeSet<String>,
    /// What was done.
    pub build: BuildRecord,
    /// What was observed.
    pub observed: Observed,
}

impl Kept {
    /// Reads the observations under a key, by checksum of the build; the newest counts. An incomplete line, left by a
    /// killed run, is ignored.
    pub(super) fn read(cache: &Cache, key: &str) -> HashMap<String, Self> {
        let Ok(file) = File::open(place(cache, key)) else {
            return HashMap::new();
        };
        let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
        let kept = lines.filter_map(|line| serde_json::from_slice::<Self>(&line).ok());
        kept.map(|kept| (kept.checksum.clone(), kept)).collect()
    }

    /// Whether all that is asked now was read then.
    pub(super) fn answers(&self, asked: &BTreeSet<String>) -> bool {
        asked.is_subset(&self.asked)
    }
}

fn place(cache: &Cache, key: &str) -> PathBuf {
    cache.root().join(DIR).join(format!("{key}.jsonl"))
}

/// A sink that keeps the observations of a run.
pub(crate) struct Keep {
    /// A file for each target that has a key.
    files: Vec<Option<File>>,
    /// Checksum of each build, and what its cases ask for.
    builds: Vec<(String, BTreeSet<String>)>,
    /// The build whose verdicts are being received, its target, and whether they may be kept so far.
    pending: Option<(usize, Kept, bool)>,
    /// The error of keeping observations, if there was one.
    failed: Rc<RefCell<Option<io::Error>>>,
}

impl Keep {
    /// Keeps observations under the key of each target, and removes files that are long unused. The cell holds the error
    /// afterwards, if there was one.
    fn new<'k>(
        cache: &Cache,
        keys: impl Iterator<Item = Option<&'k str>>,
        builds: Vec<(String, BTreeSet<String>)>,
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
            builds,
            pending: None,
            failed: Rc::clone(&failed),
        };
        (this, failed)
    }

    /// Adds a sink that keeps observations, if the run keeps them. The cell holds the error afterwards, if there was one.
    pub(crate) fn beside(
        sinks: &mut Vec<Box<dyn Sink + '_>>,
        prior: &[Prior],
        earlier: &Earlier<'_>,
        work: &Work,
    ) -> Option<Rc<RefCell<Option<io::Error>>>> {
        let keys = prior.iter().map(|prior| prior.observations.as_deref());
        let builds = work.checksums.iter().enumerate();
        let builds = builds.map(|(at, checksum)| (checksum.clone(), work.asked(at)));
        let (keep, unkept) = Self::new(earlier.cache?, keys, builds.collect());
        sinks.push(Box::new(keep));
        Some(unkept)
    }

    fn flush(&mut self) {
        let Some((target, kept, true)) = self.pending.take() else {
            return;
        };
        let Some(Some(file)) = self.files.get_mut(target) else {
            return;
        };
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
            RunEvent::Build {
                target,
                index,
                build,
                observed,
            } => {
                self.flush();
                let (checksum, asked) = self.builds[*index].clone();
                let kept = Kept {
                    found: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
                    checksum,
                    asked,
                    build: BuildRecord::clone(build),
                    observed: Observed::clone(observed),
                };
                self.pending = Some((*target, kept, true));
            }
            RunEvent::Verdict { instance, .. } if instance.reused.is_none() => {
                if let Some((_, _, may)) = &mut self.pending {
                    *may &= is_reusable(instance);
                }
            }
            RunEvent::Ended => self.flush(),
            _ => {}
        }
    }
}

fn open(cache: &Cache, key: &str) -> io::Result<File> {
    let place = place(cache, key);
    fs::create_dir_all(cache.root().join(DIR))?;
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
    let Ok(entries) = fs::read_dir(cache.root().join(DIR)) else {
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
    use pmsts_reports::record::Instance;
    use pmsts_testcases::Verdict;

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

    fn asked(paths: &[&str]) -> BTreeSet<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    /// Keeps a build with this checksum, whose only instance has the verdict.
    fn keep(cache: &Cache, checksum: &str, verdict: Verdict) {
        let builds = vec![(checksum.to_owned(), asked(&["file /a", "output"]))];
        let (mut keep, failed) = Keep::new(cache, [Some("key")].into_iter(), builds);
        let (build, observed) = (BuildRecord::default(), Observed::default());
        keep.event(&RunEvent::Build {
            target: 0,
            index: 0,
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
    fn observations_are_kept_where_neither_time_nor_chance_decided() {
        with_cache(|cache| {
            keep(cache, "failed", Verdict::Failed);
            keep(cache, "timed-out", Verdict::TimedOut);
            let kept = Kept::read(cache, "key");
            assert_eq!(kept.keys().collect::<Vec<_>>(), ["failed"]);
            assert!(Kept::read(cache, "other").is_empty());
        });
    }

    #[test]
    fn observations_answer_only_what_was_asked_then() {
        with_cache(|cache| {
            keep(cache, "1", Verdict::Passed);
            let kept = &Kept::read(cache, "key")["1"];
            assert!(kept.answers(&asked(&["file /a"])));
            assert!(!kept.answers(&asked(&["file /a", "file /b"])));
        });
    }

    #[test]
    fn a_line_that_was_cut_off_takes_no_other_with_it() {
        with_cache(|cache| {
            keep(cache, "1", Verdict::Passed);
            let place = place(cache, "key");
            let whole = fs::read(&place).unwrap();
            fs::write(&place, &whole[..whole.len() / 2]).unwrap();
            keep(cache, "1", Verdict::Passed);
            assert_eq!(Kept::read(cache, "key").len(), 1);
        });
    }

    #[test]
    fn files_that_no_run_used_lately_are_removed() {
        with_cache(|cache| {
            keep(cache, "1", Verdict::Passed);
            let old = File::options()
                .append(true)
                .open(place(cache, "key"))
                .unwrap();
            old.set_modified(SystemTime::now() - UNUSED * 2).unwrap();
            drop(Keep::new(cache, [Some("other")].into_iter(), Vec::new()));
            assert!(Kept::read(cache, "key").is_empty());
            assert!(place(cache, "other").exists());
        });
    }
}

//! The user's cache directory. Each entry is complete, or does not count.
//!
//! A virtual environment contains its own path, so an entry is made in its final place. It is made under an exclusive
//! lock, and is complete when its manifest exists, which is written last and by rename. An entry without a manifest
//! was left by a killed process, and the next process removes it. A user of an entry holds its lock shared, so that
//! no other process removes or remakes it.

use std::{
    env,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    error::Error,
    progress::{Monitor, Progress},
    scratch::{self, Scratch},
};

pub(crate) const MANIFEST: &str = "manifest.json";
const LOCKS: &str = "locks";
const TRY_LOCK_EVERY: Duration = Duration::from_millis(50);

/// The cache directory.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// `$PMSTS_CACHE`, else `$XDG_CACHE_HOME/pmsts`, else `~/.cache/pmsts`.
    pub fn from_env() -> Result<Self, Error> {
        let set = |name| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let root = set("PMSTS_CACHE")
            .or_else(|| Some(set("XDG_CACHE_HOME")?.join("pmsts")))
            .or_else(|| Some(env::home_dir()?.join(".cache/pmsts")))
            .ok_or(Error::NoCacheDir)?;
        Self::at(root)
    }

    /// A cache at `root`, which need not exist yet.
    pub fn at(root: impl AsRef<Path>) -> Result<Self, Error> {
        let root = root.as_ref();
        let root = std::path::absolute(root).map_err(|source| Error::cache(root, source))?;
        Ok(Self { root })
    }

    /// Its path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Fails if the cache cannot be written.
    pub fn check_writable(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.root)
            .and_then(|()| tempfile::tempfile_in(&self.root)?.write_all(b"pmsts"))
            .map_err(|source| Error::cache(&self.root, source))
    }

    /// The entry `name` of a kind; `kind` may have several components.
    pub(super) fn entry(&self, kind: &str, name: &str) -> Entry {
        Entry {
            dir: self.root.join(kind).join(name),
            lock: self
                .root
                .join(LOCKS)
                .join(format!("{}-{name}", kind.replace('/', "-"))),
            what: format!("{}@{name}", kind.rsplit('/').next().unwrap_or(kind)),
        }
    }

    /// The names of the entries of a kind, complete or not.
    pub(super) fn names(&self, kind: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(kind)) else {
            return Vec::new();
        };
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect()
    }

    /// A small value kept under a name, if this version of pmsts has kept it.
    pub(crate) fn kept<V: DeserializeOwned>(&self, kind: &str, name: &str) -> Option<V> {
        let text = fs::read(self.root.join(kind).join(name)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps a small value under a name. The file is replaced at once, so that no reader sees half of it.
    pub(crate) fn keep<V: Serialize>(
        &self,
        kind: &str,
        name: &str,
        value: &V,
    ) -> Result<(), Error> {
        let dir = self.root.join(kind);
        let failed = |source| Error::cache(&dir, source);
        fs::create_dir_all(&dir).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(&dir).map_err(failed)?;
        serde_json::to_writer_pretty(&mut file, value).map_err(|error| failed(error.into()))?;
        file.persist(dir.join(name))
            .map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Makes a directory for temporary files.
    pub(super) fn scratch(&self) -> Result<Scratch, Error> {
        Scratch::new(&self.root).map_err(|source| Error::cache(&self.root, source))
    }

    /// Removes the temporary files that killed processes left.
    pub(super) fn sweep_scratch(&self) {
        scratch::sweep(&self.root);
    }

    /// Removes incomplete entries of a kind that killed processes left. Entries that are being made are kept.
    pub(super) fn sweep(&self, kind: &str) {
        for name in self.names(kind) {
            let entry = self.entry(kind, &name);
            if !entry.is_complete()
                && let Ok(lock) = entry.try_lock(Hold::Alone)
            {
                let _ = entry.clear();
                drop(lock);
            }
        }
    }
}

/// An entry of the cache.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    dir: PathBuf,
    lock: PathBuf,
    what: String,
}

/// How an entry is locked.
#[derive(Debug, Clone, Copy)]
enum Hold {
    /// By every process that uses it.
    Shared,
    /// By the only process that makes or removes it.
    Alone,
}

/// A lock on an entry in use. The entry is not removed while this value exists.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    #[expect(dead_code, reason = "dropping it releases the lock")]
    lock: Option<Arc<File>>,
}

impl Entry {
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn is_complete(&self) -> bool {
        self.dir.join(MANIFEST).is_file()
    }

    /// Its manifest; `None` if it is not complete, or another version of pmsts made it.
    pub(super) fn manifest<M: DeserializeOwned>(&self) -> Option<M> {
        serde_json::from_slice(&fs::read(self.dir.join(MANIFEST)).ok()?).ok()
    }

    /// Locks the entry for use. A cache that cannot be written needs no lock.
    pub(super) fn lease(&self, monitor: &mut Monitor<'_>) -> Result<Lease, Error> {
        match self.wait_for_lock(Hold::Shared, monitor) {
            Ok(lock) => Ok(Lease {
                lock: Some(Arc::new(lock)),
            }),
            Err(Error::Cache { .. } | Error::DiskFull { .. }) => Ok(Lease { lock: None }),
            Err(error) => Err(error),
        }
    }

    /// Waits until no other process uses or makes the entry, and locks it.
    pub(super) fn lock(&self, monitor: &mut Monitor<'_>) -> Result<File, Error> {
        self.wait_for_lock(Hold::Alone, monitor)
    }

    fn wait_for_lock(&self, kind: Hold, monitor: &mut Monitor<'_>) -> Result<File, Error> {
        let mut told = false;
        loop {
            match self.try_lock(kind) {
                Err(Error::InUse { .. }) if (monitor.cancelled)() => {
                    return Err(Error::Interrupted);
                }
                Err(Error::InUse { what }) => {
                    if !told {
                        monitor.tell(Progress::Waiting { what });
                        told = true;
                    }
                    thread::sleep(TRY_LOCK_EVERY);
                }
                result => return result,
            }
        }
    }

    fn try_lock(&self, kind: Hold) -> Result<File, Error> {
        let failed = |source: io::Error| Error::cache(&self.lock, source);
        fs::create_dir_all(self.lock.parent().unwrap_or(&self.lock)).map_err(failed)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.lock)
            .map_err(failed)?;
        let locked = match kind {
            Hold::Shared => file.try_lock_shared(),
            Hold::Alone => file.try_lock(),
        };
        locked.map_err(|error| match error {
            TryLockError::WouldBlock => Error::InUse {
                what: self.what.clone(),
            },
            TryLockError::Error(error) => failed(error),
        })?;
        Ok(file)
    }

    /// Starts to make the entry, in an empty directory.
    pub(super) fn begin<'a>(&'a self, _held: &'a File) -> Result<Unfinished<'a>, Error> {
        let failed = |source| Error::cache(&self.dir, source);
        self.clear().map_err(failed)?;
        fs::create_dir_all(&self.dir).map_err(failed)?;
        Ok(Unfinished {
            entry: self,
            finished: false,
        })
    }

    /// Removes the entry; fails if a process uses it.
    pub(super) fn remove(&self) -> Result<(), Error> {
        let lock = self.try_lock(Hold::Alone)?;
        self.clear()
            .map_err(|source| Error::cache(&self.dir, source))?;
        drop(lock);
        Ok(())
    }

    /// Removes the manifest first: what an interrupt leaves then does not count as an entry.
    fn clear(&self) -> io::Result<()> {
        let gone = |result: io::Result<()>| match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        gone(fs::remove_file(self.dir.join(MANIFEST)))?;
        gone(fs::remove_dir_all(&self.dir))
    }
}

/// An entry that is being made. It is removed if it is dropped before [`Self::finish`].
pub(super) struct Unfinished<'a> {
    entry: &'a Entry,
    finished: bool,
}

impl Unfinished<'_> {
    pub(super) fn dir(&self) -> &Path {
        &self.entry.dir
    }

    /// Makes the entry complete.
    pub(super) fn finish<M: Serialize>(mut self, manifest: &M) -> Result<(), Error> {
        let failed = |source| Error::cache(&self.entry.dir, source);
        let mut file = tempfile::NamedTempFile::new_in(&self.entry.dir).map_err(failed)?;
        serde_json::to_writer_pretty(&mut file, manifest).map_err(|error| failed(error.into()))?;
        file.write_all(b"\n")
            .and_then(|()| file.as_file().sync_all())
            .map_err(failed)?;
        file.persist(self.entry.dir.join(MANIFEST))
            .map_err(|error| failed(error.error))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.entry.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_entry(test: impl FnOnce(&Cache, &Entry, &mut Monitor<'_>)) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache")).unwrap();
        let entry = cache.entry("pm/portage", "1.0");
        test(
            &cache,
            &entry,
            &mut Monitor {
                report: &mut |_| (),
                cancelled: &|| true,
            },
        );
    }

    #[test]
    fn an_entry_counts_only_when_finished() {
        with_entry(|cache, entry, monitor| {
            let lock = entry.lock(monitor).unwrap();
            let unfinished = entry.begin(&lock).unwrap();
            assert!(!entry.is_complete());
            unfinished.finish(&"made").unwrap();
            assert_eq!(entry.manifest::<String>().unwrap(), "made");
            assert_eq!(cache.names("pm/portage"), ["1.0"]);
        });
    }

    #[test]
    fn what_fails_half_way_is_removed() {
        with_entry(|cache, entry, monitor| {
            let lock = entry.lock(monitor).unwrap();
            let unfinished = entry.begin(&lock).unwrap();
            fs::write(unfinished.dir().join("half"), "").unwrap();
            drop(unfinished);
            assert!(cache.names("pm/portage").is_empty());
        });
    }

    #[test]
    fn what_a_killed_process_left_is_swept_but_not_what_is_in_the_making() {
        with_entry(|cache, entry, monitor| {
            fs::create_dir_all(entry.dir()).unwrap();
            let lock = entry.lock(monitor).unwrap();
            cache.sweep("pm/portage");
            assert!(entry.dir().exists());
            drop(lock);
            cache.sweep("pm/portage");
            assert!(!entry.dir().exists());
        });
    }

    #[test]
    fn an_entry_in_use_is_not_removed_and_waiting_for_it_can_be_cancelled() {
        with_entry(|_, entry, monitor| {
            let lease = entry.lease(monitor).unwrap();
            assert!(matches!(entry.remove(), Err(Error::InUse { .. })));
            assert!(matches!(entry.lock(monitor), Err(Error::Interrupted)));
            drop(lease);
            entry.remove().unwrap();
        });
    }
}

//! The private directory of a run, with sockets and mount points. It is removed when the run ends; the next run removes
//! the directories of killed runs.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const PREFIX: &str = "pmsts-run-";
const LOCK: &str = "lock";
const SOCKET: &str = "presence";

/// The private directory of a run.
#[derive(Debug)]
pub(crate) struct RunDir {
    dir: TempDir,
    /// Locked while the run is alive.
    _lock: File,
}

impl RunDir {
    /// Makes a directory, after removing those of dead runs.
    pub(crate) fn new() -> io::Result<Self> {
        let parent = std::env::temp_dir();
        sweep(&parent);
        let dir = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&parent)?;
        let lock = File::create(dir.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { dir, _lock: lock })
    }

    /// The path of the run's own socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path().join(SOCKET)
    }

    /// The path of the directory.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// The sockets of the runs on this machine.
pub(crate) fn sockets() -> Vec<PathBuf> {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    let runs = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    runs.map(|entry| entry.path().join(SOCKET)).collect()
}

/// Removes the directories of runs that no process holds locked. A directory that is just being made has no lock file
/// yet, and is left alone.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else {
            continue;
        };
        if !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
            // The directory of another user cannot be removed.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_run_is_cleared_and_a_living_one_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let (dead, living, new) = ("pmsts-run-dead", "pmsts-run-living", "pmsts-run-new");
        for name in [dead, living, new] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        File::create(parent.path().join(dead).join(LOCK)).unwrap();
        let held = File::create(parent.path().join(living).join(LOCK)).unwrap();
        held.lock().unwrap();
        sweep(parent.path());
        assert!(!parent.path().join(dead).exists());
        assert!(parent.path().join(living).exists());
        assert!(parent.path().join(new).exists());
    }
}

//! The private directory of a run: sockets and mount points. It goes with the run; what a killed
//! run left is cleared by the next one.

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
    /// Held for as long as the run lives.
    _lock: File,
}

impl RunDir {
    /// Makes one, after clearing what dead runs left.
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

    /// Where the run's own socket is.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path().join(SOCKET)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// The sockets of the runs of this machine.
pub(crate) fn sockets() -> Vec<PathBuf> {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten();
    let runs = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    runs.map(|entry| entry.path().join(SOCKET)).collect()
}

/// Removes the directories of runs that nobody holds locked. A run that is just being made has no
/// lock file yet, and is left alone.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else {
            continue;
        };
        if !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
            // Another user's is not ours to remove.
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

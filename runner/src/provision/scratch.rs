//! Directories for temporary files of programs that may be killed before they clean up.
//!
//! They are in the cache. The process that makes one locks it, so that the next process can recognise those that are no
//! longer used.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// A directory that is removed when this value is dropped, or by the next process.
#[derive(Debug)]
pub(super) struct Scratch {
    dir: TempDir,
    #[expect(dead_code, reason = "dropping it releases the lock")]
    lock: Option<File>,
}

impl Scratch {
    /// Makes a directory below `root`; if that cannot be written, in the system's temporary directory.
    pub(super) fn new(root: &Path) -> io::Result<Self> {
        Self::locked(&place(root)).or_else(|_| {
            Ok(Self {
                dir: tempfile::tempdir()?,
                lock: None,
            })
        })
    }

    fn locked(place: &Path) -> io::Result<Self> {
        fs::create_dir_all(place)?;
        // This lock keeps `sweep` from removing the new directory before it is locked.
        let making = File::open(place)?;
        making.lock_shared()?;
        let dir = tempfile::tempdir_in(place)?;
        let lock = Some(lock(dir.path())?);
        Ok(Self { dir, lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Removes what killed processes have left below `root`.
pub(super) fn sweep(root: &Path) {
    let place = place(root);
    let Ok(_sweeping) = lock(&place) else {
        return;
    };
    for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
        if lock(&entry.path()).is_ok() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn place(root: &Path) -> PathBuf {
    root.join("scratch")
}

/// Locks a directory; fails if another process has locked it.
fn lock(dir: &Path) -> io::Result<File> {
    let file = File::open(dir)?;
    file.try_lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(root: &Path) -> usize {
        fs::read_dir(place(root)).unwrap().count()
    }

    #[test]
    fn what_is_in_use_stays_and_the_rest_is_swept() {
        let root = tempfile::tempdir().unwrap();
        let used = Scratch::new(root.path()).unwrap();
        fs::create_dir(place(root.path()).join("left")).unwrap();
        sweep(root.path());
        assert_eq!(count(root.path()), 1);
        assert!(used.path().exists());
        drop(used);
        assert_eq!(count(root.path()), 0);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_obstacle() {
        assert!(
            Scratch::new(Path::new("/proc/nonexistent"))
                .unwrap()
                .path()
                .exists()
        );
    }
}

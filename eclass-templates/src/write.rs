//! Writes the files of a site below a directory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;
use pmsts_testcases::model::{Content, ContentKind};

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {source}")]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Writes every file below the directory.
pub fn write(files: &BTreeMap<String, Content>, dir: &Path) -> Result<(), WriteError> {
    for (path, content) in files {
        let path = dir.join(path.trim_start_matches('/'));
        one(&path, content).map_err(|source| WriteError { path, source })?;
    }
    Ok(())
}

fn one(path: &Path, content: &Content) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    if !matches!(content.kind, ContentKind::Directory | ContentKind::Absent)
        && fs::symlink_metadata(path).is_ok_and(|there| !there.is_dir())
    {
        // Writing would follow an existing link.
        fs::remove_file(path)?;
    }
    match &content.kind {
        ContentKind::File(value) => fs::write(path, &value.0)?,
        ContentKind::Symlink(target) => return symlink(target, path),
        ContentKind::Directory => fs::create_dir_all(path)?,
        ContentKind::Absent => return Ok(()),
    }
    if let Some((uid, gid)) = content.owner {
        chown(path, Some(uid), Some(gid))?;
    }
    if let Some(mode) = content.mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    if let Some((seconds, nanoseconds)) = content.mtime {
        let time = TimeSpec::new(seconds, nanoseconds.into());
        utimensat(
            nix::fcntl::AT_FDCWD,
            path,
            &time,
            &time,
            UtimensatFlags::NoFollowSymlink,
        )?;
    }
    Ok(())
}

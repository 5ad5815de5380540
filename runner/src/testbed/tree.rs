//! Reads a testbed's files, in the testbed. Every path is resolved below a root by the kernel, and links of /proc are not
//! followed: they could lead to the host.

use std::io::{self, Read as _};
use std::os::fd::{BorrowedFd, OwnedFd};

use pmsts_testcases::{FileKind, FileSeen, Value};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, openat2, readlinkat, statat};
use rustix::io::Errno;

/// The most that is read of one file, in bytes.
const CONTENT_LIMIT_BYTES: u64 = 4 * 1024 * 1024;

const WITHIN: ResolveFlags = ResolveFlags::IN_ROOT.union(ResolveFlags::NO_MAGICLINKS);

/// Describes the file at a path. If the path itself is a link, it is not followed.
pub(super) fn look(root: BorrowedFd<'_>, path: &str) -> io::Result<FileSeen> {
    let (dir, name) = match path.trim_end_matches('/').rsplit_once('/') {
        Some((dir, name)) if !name.is_empty() => (dir, name),
        _ => ("/", "."),
    };
    let dir = match open(root, if dir.is_empty() { "/" } else { dir }, OFlags::PATH) {
        Ok(dir) => dir,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(FileSeen::absent()),
        Err(e) => return Err(e.into()),
    };
    let stat = match statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(FileSeen::absent()),
        Err(e) => return Err(e.into()),
    };
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => FileKind::File,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::Fifo => FileKind::Fifo,
        _ => FileKind::Other,
    };
    let target = match kind {
        FileKind::Symlink => Some(Value(readlinkat(&dir, name, Vec::new())?.into_bytes())),
        _ => None,
    };
    let content = match kind {
        FileKind::File => Some(Value(contents(&open(dir_fd(&dir), name, OFlags::RDONLY)?)?)),
        _ => None,
    };
    Ok(FileSeen {
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: (
            stat.st_mtime,
            u32::try_from(stat.st_mtime_nsec).unwrap_or_default(),
        ),
        target,
        content,
        inode: (stat.st_dev, stat.st_ino),
    })
}

fn dir_fd(dir: &OwnedFd) -> BorrowedFd<'_> {
    std::os::fd::AsFd::as_fd(dir)
}

/// Opens a path below the root; a FIFO must not stop the runner.
fn open(root: BorrowedFd<'_>, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let nonblock = if flags.contains(OFlags::PATH) {
        OFlags::empty()
    } else {
        OFlags::NONBLOCK
    };
    openat2(
        root,
        path,
        flags | OFlags::CLOEXEC | nonblock,
        Mode::empty(),
        WITHIN,
    )
}

fn contents(file: &OwnedFd) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::from(file.try_clone()?)
        .take(CONTENT_LIMIT_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Names of the regular files in a directory; none if there is no directory.
pub(super) fn files(root: BorrowedFd<'_>, path: &str) -> io::Result<Vec<String>> {
    let dir = match open(root, path, OFlags::RDONLY | OFlags::DIRECTORY) {
        Ok(dir) => dir,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(Vec::new()),
        Err(e) => return Err(e.into()),
    };
    let mut names = Vec::new();
    for entry in Dir::read_from(&dir)? {
        let entry = entry?;
        if entry.file_type() == FileType::RegularFile {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

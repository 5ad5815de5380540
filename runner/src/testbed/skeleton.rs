//! A copy of the machine's directories without most of their files, which belongs to the user who runs pmsts. As the upper of
//! two layers it gives the directories of a testbed without root an owner: in a user namespace, what belongs to the
//! machine's root belongs to nobody, and nothing can be created or removed in it. Files of /etc are copied too: package
//! managers rewrite some with the owner that they had.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use nix::unistd::{AccessFlags, access};
use rustix::fs::{XattrFlags, setxattr};

/// Directories of the root that a testbed has its own of.
const OWN: [&str; 6] = ["/proc", "/sys", "/dev", "/run", "/tmp", "/lost+found"];

/// Directories of the root that packages are installed below, and how deep they are copied.
const SYSTEM: [&str; 9] = [
    "/bin", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/sbin", "/usr", "/var",
];
const DEPTH: usize = 6;

/// The largest file of settings that is copied, in bytes.
const SETTINGS_BYTES: u64 = 1 << 20;

/// The attribute by which a directory hides what the layers below have at its path.
const OPAQUE: &str = "user.overlay.opaque";

/// Makes the copy at a path.
pub(super) fn make(to: &Path) -> io::Result<()> {
    let root = Path::new("/");
    copy(root, to, fs::metadata(root)?.dev(), 0)
}

/// Copies a directory and those of the same disk below it.
fn copy(from: &Path, to: &Path, disk: u64, depth: usize) -> io::Result<()> {
    let meta = fs::metadata(from)?;
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(meta.mode() & 0o7777 | 0o700))?;
    if access(from, AccessFlags::R_OK | AccessFlags::X_OK).is_err() {
        return Ok(setxattr(to, OPAQUE, b"y", XattrFlags::empty())?);
    }
    let ends = match depth {
        0 => false,
        1 => !SYSTEM.iter().any(|system| from == Path::new(system)),
        _ => depth == DEPTH,
    };
    if ends {
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let path = entry.path();
        let is_own = OWN.iter().any(|own| path == Path::new(own));
        // A file can go while its directory is read.
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() && meta.dev() == disk && !is_own {
            copy(&path, &to.join(entry.file_name()), disk, depth + 1)?;
        } else if meta.is_file() && meta.len() <= SETTINGS_BYTES && path.starts_with("/etc") {
            // What the user may not read, the testbed does not show.
            let _ = fs::copy(&path, to.join(entry.file_name()));
        }
    }
    Ok(())
}

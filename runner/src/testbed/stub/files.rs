//! Sets up the files of a testbed: adds users, creates the files of the specification, and hides paths.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Failure, Step};
use crate::testbed::spec::{Spec, User};

/// Sets up the files of the root, which has been entered before, so that no link of the host leads out of it.
pub(super) fn fill(spec: &Spec) -> Result<(), Failure> {
    for user in &spec.users {
        let User {
            name,
            uid,
            gid,
            home,
        } = user;
        let line = format!("{name}:x:{uid}:{gid}:{name}:{home}:/bin/false\n");
        set_line("/etc/passwd", name, &line)?;
        set_line("/etc/group", name, &format!("{name}:x:{gid}:{name}\n"))?;
    }
    for path in &spec.hidden {
        hide(Path::new(path))?;
    }
    pmsts_eclass_templates::write(&spec.files, Path::new("/"))
        .step(|| "writing files".to_owned())?;
    for path in &spec.reachable {
        reach(path)?;
    }
    Ok(())
}

/// Puts a line into a database of users or groups. If the host has the name with another id, phases would run as
/// another user, so that line is removed; all others are kept byte for byte.
fn set_line(database: &str, name: &str, line: &str) -> Result<(), Failure> {
    let step = || format!("adding {name} to {database}");
    let old = match fs::read(database) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read.step(step)?,
    };
    let prefix = format!("{name}:");
    let mut new = Vec::new();
    for kept in old.split(|b| *b == b'\n') {
        if !kept.is_empty() && !kept.starts_with(prefix.as_bytes()) {
            new.extend_from_slice(kept);
            new.push(b'\n');
        }
    }
    new.extend_from_slice(line.as_bytes());
    // In a user namespace the old file may belong to nobody, so that it cannot be written.
    match fs::remove_file(database) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => fs::write(database, new),
    }
    .step(step)
}

fn hide(path: &Path) -> Result<(), Failure> {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let removed = if meta.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.step(|| format!("hiding {}", path.display()))
}

/// Makes the directories above a path accessible, and those above the path that it resolves to.
fn reach(path: &Path) -> Result<(), Failure> {
    let real = fs::canonicalize(path).ok();
    for way in [Some(path), real.as_deref()].into_iter().flatten() {
        for above in way.ancestors().skip(1) {
            open_up(above)?;
        }
    }
    Ok(())
}

fn open_up(dir: &Path) -> Result<(), Failure> {
    let Ok(meta) = fs::metadata(dir) else {
        return Ok(());
    };
    let mode = meta.permissions().mode();
    if mode & 0o001 != 0 {
        return Ok(());
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(mode | 0o011))
        .step(|| format!("making {} accessible", dir.display()))
}

//! The files of a testbed: users, what the spec creates, what it hides.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::mounts::below;
use super::{Failure, Step};
use crate::testbed::spec::{Spec, User};

/// Fills the root.
pub(super) fn fill(spec: &Spec, root: &Path) -> Result<(), Failure> {
    spec.users.iter().try_for_each(|user| add(user, root))?;
    for path in &spec.hidden {
        hide(&below(root, Path::new(path)))?;
    }
    pmsts_eclass_templates::write(&spec.files, root).step(|| "writing files".to_owned())?;
    for path in &spec.reachable {
        for above in path.ancestors().skip(1) {
            open_up(&below(root, above))?;
        }
    }
    Ok(())
}

fn add(user: &User, root: &Path) -> Result<(), Failure> {
    let User {
        name,
        uid,
        gid,
        home,
    } = user;
    for (file, line) in [
        (
            "etc/passwd",
            format!("{name}:x:{uid}:{gid}:{name}:{home}:/bin/false\n"),
        ),
        ("etc/group", format!("{name}:x:{gid}:{name}\n")),
    ] {
        let path = root.join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let prefix = format!("{name}:");
        // A host that has the user under another id would make phases run as somebody else.
        let kept = text
            .lines()
            .filter(|l| !l.starts_with(&prefix))
            .map(|l| format!("{l}\n"));
        let text: String = kept.chain([line]).collect();
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path);
        file.as_mut()
            .map_err(|e| e.to_string())
            .and_then(|f| f.write_all(text.as_bytes()).map_err(|e| e.to_string()))
            .step(|| format!("adding user {name}"))?;
    }
    Ok(())
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

fn open_up(dir: &Path) -> Result<(), Failure> {
    let Ok(meta) = fs::metadata(dir) else {
        return Ok(());
    };
    let mode = meta.permissions().mode();
    if mode & 0o001 != 0 {
        return Ok(());
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(mode | 0o011))
        .step(|| format!("opening {}", dir.display()))
}

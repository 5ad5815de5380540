//! Mounts the file systems of a testbed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{chdir, pivot_root};

use super::roots::{self, Layers};
use super::{Failure, Step, make_dir};
use crate::testbed::Ids;
use crate::testbed::path::below;
use crate::testbed::spec::{Access, Bind, Spec};

const NONE: Option<&str> = None;

/// Directories of the host that a testbed does not show.
const FRESH: [(&str, u32); 4] = [
    ("tmp", 0o1777),
    ("var/tmp", 0o1777),
    ("run", 0o755),
    ("dev/shm", 0o1777),
];

/// Scratch space for each inode, in bytes.
const BYTES_PER_FILE: u64 = 4096;

/// The smallest number of inodes: the overlays need some for themselves.
const FEWEST_FILES: u64 = 4096;

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Mounts everything, and returns the path of the new root.
pub(super) fn tree(spec: &Spec) -> Result<PathBuf, Failure> {
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .step(|| "making mounts private".to_owned())?;
    let scratch = &spec.scratch;
    // An empty file takes memory too, which the size does not count.
    let options = format!(
        "size={},nr_inodes={},mode=0755",
        spec.scratch_bytes,
        (spec.scratch_bytes / BYTES_PER_FILE).max(FEWEST_FILES)
    );
    mount(
        Some("pmsts"),
        scratch,
        Some("tmpfs"),
        MsFlags::MS_NODEV,
        Some(options.as_str()),
    )
    .step(|| format!("mounting a tmpfs on {}", scratch.display()))?;
    let root = roots::compose(spec)?;
    let single = spec.ids.as_ref().is_some_and(Ids::is_single);
    devices(&root, single)?;
    for (path, mode) in FRESH {
        fresh(scratch, &root, path, mode)?;
    }
    kernel(&root)?;
    if let Some((dir, group)) = &spec.shared {
        share(dir, *group)?;
    }
    for (index, bind) in spec.binds.iter().enumerate() {
        show(bind, index, spec, &root)?;
    }
    Ok(root)
}

/// Mounts a /dev with only the harmless devices of the host.
fn devices(root: &Path, single: bool) -> Result<(), Failure> {
    let dev = root.join("dev");
    mount(
        Some("dev"),
        &dev,
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some("size=1M,mode=0755"),
    )
    .step(|| "mounting /dev".to_owned())?;
    for name in DEVICES {
        let (host, target) = (Path::new("/dev").join(name), dev.join(name));
        fs::write(&target, "").step(|| format!("making /dev/{name}"))?;
        mount(Some(&host), &target, NONE, MsFlags::MS_BIND, NONE)
            .step(|| format!("showing /dev/{name}"))?;
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
    ] {
        symlink(target, dev.join(name)).step(|| format!("linking /dev/{name}"))?;
    }
    let pts = dev.join("pts");
    make_dir(&pts)?;
    let group = if single { "" } else { ",gid=5" };
    let options = format!("newinstance,ptmxmode=0666,mode=0620{group}");
    mount(
        Some("devpts"),
        &pts,
        Some("devpts"),
        MsFlags::empty(),
        Some(options.as_str()),
    )
    .step(|| "mounting /dev/pts".to_owned())
}

/// Mounts an empty directory in place of the host's. Files in it count as scratch space.
fn fresh(scratch: &Path, root: &Path, path: &str, mode: u32) -> Result<(), Failure> {
    let own = scratch.join(path.replace('/', "-"));
    let target = below(root, Path::new(path));
    make_dir(&own)?;
    fs::set_permissions(&own, fs::Permissions::from_mode(mode))
        .step(|| format!("setting the mode of /{path}"))?;
    if !target.exists() {
        make_dir(&target)?;
    }
    mount(Some(&own), &target, NONE, MsFlags::MS_BIND, NONE).step(|| format!("mounting /{path}"))
}

fn kernel(root: &Path) -> Result<(), Failure> {
    mount(
        Some("proc"),
        &root.join("proc"),
        Some("proc"),
        MsFlags::empty(),
        NONE,
    )
    .step(|| "mounting /proc".to_owned())?;
    let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    // Package managers do not need /sys: a host may lack it, or forbid to mount it.
    let _ = mount(Some("sysfs"), &root.join("sys"), Some("sysfs"), flags, NONE);
    Ok(())
}

fn show(bind: &Bind, index: usize, spec: &Spec, root: &Path) -> Result<(), Failure> {
    let target = below(root, &bind.target);
    let step = || {
        format!(
            "showing {} at {}",
            bind.source.display(),
            bind.target.display()
        )
    };
    if bind.source.is_dir() {
        make_dir(&target)?;
        if bind.access == Access::Overlay {
            return Layers::of(spec).overlay(&[&bind.source], &format!("bind{index}"), &target);
        }
    } else if !target.exists() {
        if let Some(parent) = target.parent() {
            make_dir(parent)?;
        }
        fs::write(&target, "").step(step)?;
    }
    read_only(&bind.source, &target).step(step)
}

/// Mounts a path read-only. Mounts below the source are not shown, as they would stay writable.
fn read_only(source: &Path, target: &Path) -> nix::Result<()> {
    mount(Some(source), target, NONE, MsFlags::MS_BIND, NONE)?;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_NODEV;
    mount(NONE, target, NONE, flags | kept_flags(target)?, NONE)
}

/// The flags of a mount that a user namespace must not take away.
fn kept_flags(path: &Path) -> nix::Result<MsFlags> {
    let has = statvfs(path)?.flags();
    let kept = [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    let kept = kept.into_iter().filter(|(flag, _)| has.contains(*flag));
    Ok(kept.map(|(_, flag)| flag).collect())
}

/// Lets the group reach the socket in a directory, and no other.
fn share(dir: &Path, group: u32) -> Result<(), Failure> {
    for (path, mode) in [(dir.to_owned(), 0o750), (dir.join("socket"), 0o660)] {
        chown(&path, Some(0), Some(group))
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .step(|| "sharing the socket".to_owned())?;
    }
    Ok(())
}

/// Keeps root in the testbed from changing settings of the whole machine.
pub(super) fn lock_kernel() -> Result<(), Failure> {
    for path in ["/proc/sys", "/proc/sysrq-trigger"].map(Path::new) {
        if path.exists() {
            read_only(path, path).step(|| format!("locking {}", path.display()))?;
        }
    }
    Ok(())
}

/// Makes the new root the only one.
pub(super) fn enter(root: &Path) -> Result<(), Failure> {
    chdir(root).step(|| "entering the root".to_owned())?;
    pivot_root(".", ".").step(|| "changing the root".to_owned())?;
    umount2(".", MntFlags::MNT_DETACH).step(|| "leaving the host's root".to_owned())?;
    chdir("/").step(|| "entering the root".to_owned())
}

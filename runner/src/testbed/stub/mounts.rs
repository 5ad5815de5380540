//! Mounts the file systems of a testbed: an overlay of the host's, which writes to a tmpfs.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

use super::path::below;
use super::{Failure, Step};
use crate::testbed::spec::{Access, Bind, Spec};

const NONE: Option<&str> = None;

/// File systems of the host that hold files a package manager may need.
const DISK_TYPES: [&str; 9] = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "overlay", "bcachefs",
];

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
    let root = scratch.join("root");
    overlay(Path::new("/"), scratch, "upper", &root)?;
    for (index, host) in other_disks(scratch).iter().enumerate() {
        let target = below(&root, host);
        if target.is_dir() {
            overlay(host, scratch, &format!("upper{index}"), &target)?;
        }
    }
    devices(&root)?;
    for (path, mode) in FRESH {
        fresh(scratch, &root, path, mode)?;
    }
    kernel(&root)?;
    for (index, bind) in spec.binds.iter().enumerate() {
        show(bind, index, scratch, &root)?;
    }
    Ok(root)
}

fn overlay(lower: &Path, scratch: &Path, name: &str, target: &Path) -> Result<(), Failure> {
    let (upper, work) = (scratch.join(name), scratch.join(format!("{name}-work")));
    for dir in [&upper, &work] {
        make_dir(dir)?;
    }
    if !target.exists() {
        make_dir(target)?;
    }
    let meta = fs::metadata(lower).step(|| format!("looking at {}", lower.display()))?;
    chown(&upper, Some(meta.uid()), Some(meta.gid()))
        .and_then(|()| fs::set_permissions(&upper, meta.permissions()))
        .step(|| format!("making the upper directory of {}", lower.display()))?;
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        escaped(lower),
        escaped(&upper),
        escaped(&work)
    );
    mount(
        Some("overlay"),
        target,
        Some("overlay"),
        MsFlags::MS_NODEV,
        Some(options.as_str()),
    )
    .step(|| format!("mounting an overlay of {}", lower.display()))
}

/// Escapes commas and colons, which separate the options of an overlay.
fn escaped(path: &Path) -> String {
    path.display()
        .to_string()
        .replace('\\', "\\\\")
        .replace(',', "\\,")
        .replace(':', "\\:")
}

/// The mount points of other disks of the host, outermost first.
fn other_disks(scratch: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut disks: Vec<PathBuf> = table
        .lines()
        .filter_map(|line| {
            let (mount, filesystem) = line.split_once(" - ")?;
            let kind = filesystem.split(' ').next()?;
            let point = PathBuf::from(mount.split(' ').nth(4)?.replace("\\040", " "));
            let shown = DISK_TYPES.contains(&kind)
                && point != Path::new("/")
                && !["/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp"]
                    .iter()
                    .any(|hidden| point.starts_with(hidden))
                && !point.starts_with(scratch);
            shown.then_some(point)
        })
        .collect();
    disks.sort();
    disks.dedup();
    disks
}

/// Mounts a /dev with only the harmless devices of the host.
fn devices(root: &Path) -> Result<(), Failure> {
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
    let options = "newinstance,ptmxmode=0666,mode=0620,gid=5";
    mount(
        Some("devpts"),
        &pts,
        Some("devpts"),
        MsFlags::empty(),
        Some(options),
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

fn show(bind: &Bind, index: usize, scratch: &Path, root: &Path) -> Result<(), Failure> {
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
            return overlay(&bind.source, scratch, &format!("bind{index}"), &target);
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
    mount(NONE, target, NONE, flags, NONE)
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

pub(super) fn make_dir(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).step(|| format!("making {}", path.display()))
}

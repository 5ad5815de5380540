//! Composes the root of a testbed from overlays, which write to the scratch space.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::unistd::{AccessFlags, access};

use super::{Failure, Step, make_dir};
use crate::testbed::path::below;
use crate::testbed::spec::{Root, Spec};

/// File systems of the host that hold files a package manager may need.
const DISK_TYPES: [&str; 9] = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "overlay", "bcachefs",
];

/// Directories of the root that a testbed has its own of.
const OWN: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/tmp"];

/// The largest file that is copied where its directory cannot be laid over, in bytes.
const COPIED_BYTES: u64 = 1 << 20;

/// Composes the root, and returns its path.
pub(super) fn compose(spec: &Spec) -> Result<PathBuf, Failure> {
    let root = spec.scratch.join("root");
    let layers = Layers::of(spec);
    match &spec.root {
        Root::Machine => {
            layers.overlay(&[Path::new("/")], "upper", &root)?;
            for (index, host) in other_disks(&spec.scratch).iter().enumerate() {
                let target = below(&root, host);
                if target.is_dir() {
                    layers.overlay(&[host], &format!("upper{index}"), &target)?;
                }
            }
        }
        Root::Host => return Ok(PathBuf::from("/")),
        Root::Tree(tree) => layers.overlay(&[tree], "upper", &root)?,
        Root::Directories { skeleton } => {
            make_dir(&root)?;
            // A root must be a mount.
            mount(
                Some(&root),
                &root,
                None::<&str>,
                MsFlags::MS_BIND,
                None::<&str>,
            )
            .step(|| "mounting the root".to_owned())?;
            let mut pieces = Pieces {
                layers,
                skeleton,
                root: &root,
                mounts: mounts(),
                made: 0,
            };
            pieces.add(Path::new("/"))?;
        }
    }
    Ok(root)
}

/// Where and how overlays are made.
#[derive(Clone, Copy)]
pub(super) struct Layers<'a> {
    scratch: &'a Path,
    /// Whether a user namespace makes them: then they keep their notes in attributes that a user may set.
    by_user: bool,
}

impl<'a> Layers<'a> {
    pub(super) fn of(spec: &'a Spec) -> Self {
        Self {
            scratch: &spec.scratch,
            by_user: spec.ids.is_some(),
        }
    }

    /// Mounts an overlay of these directories, the upper one first.
    pub(super) fn overlay(self, lower: &[&Path], name: &str, target: &Path) -> Result<(), Failure> {
        let first = lower.first().copied().unwrap_or(target);
        let work = self.scratch.join(format!("{name}-work"));
        let upper = self.scratch.join(name);
        for dir in [&upper, &work] {
            make_dir(dir)?;
        }
        if !target.exists() {
            make_dir(target)?;
        }
        let meta = fs::metadata(first).step(|| format!("looking at {}", first.display()))?;
        chown(&upper, Some(meta.uid()), Some(meta.gid()))
            .and_then(|()| fs::set_permissions(&upper, meta.permissions()))
            .step(|| format!("making the upper directory of {}", first.display()))?;
        let lower: Vec<String> = lower.iter().map(|dir| escaped(dir)).collect();
        let options = format!(
            "lowerdir={},upperdir={},workdir={}{}",
            lower.join(":"),
            escaped(&upper),
            escaped(&work),
            if self.by_user { ",userxattr" } else { "" }
        );
        mount(
            Some("overlay"),
            target,
            Some("overlay"),
            MsFlags::MS_NODEV,
            Some(options.as_str()),
        )
        .step(|| {
            format!(
                "mounting an overlay of {}",
                lower.last().map_or("", |it| it)
            )
        })
    }
}

/// Escapes commas and colons, which separate the options of an overlay.
fn escaped(path: &Path) -> String {
    path.display()
        .to_string()
        .replace('\\', "\\\\")
        .replace(',', "\\,")
        .replace(':', "\\:")
}

/// A root composed of one overlay for each directory that nothing is mounted below.
struct Pieces<'a> {
    layers: Layers<'a>,
    skeleton: &'a Path,
    root: &'a Path,
    mounts: Vec<(PathBuf, String)>,
    made: u32,
}

impl Pieces<'_> {
    /// Adds the entries of a directory of the machine.
    fn add(&mut self, dir: &Path) -> Result<(), Failure> {
        let step = || format!("reading {}", dir.display());
        for entry in fs::read_dir(dir).step(step)? {
            let entry = entry.step(step)?;
            let (from, kind) = (entry.path(), entry.file_type().step(step)?);
            let inside = from.strip_prefix("/").unwrap_or(&from);
            let to = self.root.join(inside);
            if kind.is_symlink() {
                let target = fs::read_link(&from).step(step)?;
                symlink(target, &to).step(|| format!("linking {}", from.display()))?;
            } else if kind.is_dir() {
                self.directory(&from, &to, &self.skeleton.join(inside))?;
            } else if kind.is_file() && entry.metadata().is_ok_and(|it| it.len() <= COPIED_BYTES) {
                // What the user may not read, a testbed of the user does not show.
                let _ = fs::copy(&from, &to);
            }
        }
        Ok(())
    }

    fn directory(&mut self, from: &Path, to: &Path, skeleton: &Path) -> Result<(), Failure> {
        let mut around = self.mounts.iter();
        let below = around.any(|(at, _)| at != from && at.starts_with(from));
        let own = self.mounts.iter().rev().find(|(at, _)| at == from);
        let hidden = OWN.iter().any(|own| from == Path::new(own))
            || own.is_some_and(|(_, kind)| !DISK_TYPES.contains(&kind.as_str()))
            || access(from, AccessFlags::R_OK | AccessFlags::X_OK).is_err();
        if hidden || below {
            make_dir(to)?;
            return if hidden { Ok(()) } else { self.add(from) };
        }
        let name = format!("piece{}", self.made);
        self.made += 1;
        if skeleton.is_dir() {
            self.layers.overlay(&[skeleton, from], &name, to)
        } else {
            self.layers.overlay(&[from], &name, to)
        }
    }
}

/// The mounts of the machine: where, and of which type; the later ones cover the earlier ones.
fn mounts() -> Vec<(PathBuf, String)> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let one = |line: &str| {
        let (mount, filesystem) = line.split_once(" - ")?;
        let kind = filesystem.split(' ').next()?.to_owned();
        let point = PathBuf::from(mount.split(' ').nth(4)?.replace("\\040", " "));
        Some((point, kind))
    };
    table.lines().filter_map(one).collect()
}

/// The mount points of other disks of the host, outermost first.
fn other_disks(scratch: &Path) -> Vec<PathBuf> {
    let shown = |(point, kind): (PathBuf, String)| {
        let shown = DISK_TYPES.contains(&kind.as_str())
            && point != Path::new("/")
            && !OWN
                .iter()
                .chain(&["/var/tmp"])
                .any(|own| point.starts_with(own))
            && !point.starts_with(scratch);
        shown.then_some(point)
    };
    let mut disks: Vec<PathBuf> = mounts().into_iter().filter_map(shown).collect();
    disks.sort();
    disks.dedup();
    disks
}

//! The backend without isolation of files: lays the testbed's files over those of the machine, and puts everything back.
//!
//! Processes are in a PID namespace where that is allowed. Elsewhere the stub is their reaper: what loses its parent
//! becomes its child, so that all can be found and ended. It must outlive the runner for that, so a runner that dies asks
//! it to end (SIGTERM) and does not kill it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, getppid};
use pmsts_testcases::model::ContentKind;
use walkdir::WalkDir;

use super::{Failure, Step, announce, files, make_dir, processes, serve_as_first};
use crate::testbed::spec::{Access, Spec};
use crate::testbed::sys;

/// Directories in which what a package manager has installed is looked for, to remove it.
const SYSTEM: [&str; 4] = ["/etc", "/opt", "/usr", "/var"];

/// Directories of other programs of the machine, which go on meanwhile.
const OTHERS: [&str; 4] = [
    "/var/log",
    "/var/tmp",
    "/var/lib/docker",
    "/var/lib/containers",
];

/// Files of the machine that the set-up or a package manager writes anew.
const REWRITTEN: [&str; 5] = [
    "/etc/passwd",
    "/etc/group",
    "/etc/ld.so.conf",
    "/etc/ld.so.cache",
    "/var/cache/ldconfig/aux-cache",
];

/// Becomes the stub of a testbed on the machine itself.
pub(super) fn outer(spec: &Spec, runner: i32, control: &UnixStream) -> Result<(), Failure> {
    let step = || "becoming the reaper of the testbed".to_owned();
    prctl::set_child_subreaper(true).step(step)?;
    prctl::set_pdeathsig(Signal::SIGTERM).step(step)?;
    if getppid().as_raw() != runner {
        return Err(Failure::new(step(), "the runner is gone"));
    }
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGTERM);
    mask.add(Signal::SIGCHLD);
    mask.thread_block().step(step)?;
    let signals =
        SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC).step(step)?;
    let isolated = may_isolate();
    let mut laid = Laid::default();
    let done = laid
        .over(spec)
        .and_then(|()| hold(spec, control, &signals, (isolated, &mask)));
    processes::end_all();
    laid.put_back().and(done)
}

/// Holds the first process until it ends, or until the runner is gone.
fn hold(
    spec: &Spec,
    control: &UnixStream,
    signals: &SignalFd,
    (isolated, mask): (bool, &SigSet),
) -> Result<(), Failure> {
    let step = || "waiting for the testbed".to_owned();
    let (outside, inside) = UnixStream::pair().step(|| "making a socket pair".to_owned())?;
    // Only the first process enters: this one must be able to start others when that one is gone.
    let own = File::open("/proc/self/ns/pid").step(step)?;
    if isolated {
        unshare(CloneFlags::CLONE_NEWPID).step(|| "making a PID namespace".to_owned())?;
    }
    let first = match sys::fork_stub().step(|| "forking the testbed's first process".to_owned())? {
        ForkResult::Parent { child } => {
            drop(inside);
            if isolated {
                setns(own, CloneFlags::CLONE_NEWPID).step(step)?;
            }
            announce(child.as_raw(), &outside, control);
            child
        }
        ForkResult::Child => {
            drop(outside);
            let set_up = || {
                mask.thread_unblock().step(step)?;
                if isolated {
                    own_proc()
                } else {
                    prctl::set_child_subreaper(true).step(step)
                }
            };
            std::process::exit(i32::from(serve_as_first(spec, inside, control, set_up)))
        }
    };
    loop {
        let mut fds = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, PollTimeout::NONE);
        while let Ok(Some(signal)) = signals.read_signal() {
            if i32::try_from(signal.ssi_signo) == Ok(Signal::SIGTERM as i32) {
                let _ = kill(first, Signal::SIGKILL);
            }
        }
        if is_over(first).step(step)? {
            return Ok(());
        }
    }
}

fn is_over(first: Pid) -> nix::Result<bool> {
    Ok(!matches!(
        waitpid(first, Some(WaitPidFlag::WNOHANG))?,
        WaitStatus::StillAlive
    ))
}

/// Whether a PID namespace with its own /proc can be had, tried in a process of its own.
fn may_isolate() -> bool {
    match sys::fork_stub() {
        Ok(ForkResult::Child) => {
            let may = unshare(CloneFlags::CLONE_NEWPID).is_ok() && own_proc().is_ok();
            std::process::exit(i32::from(!may))
        }
        Ok(ForkResult::Parent { child }) => {
            matches!(waitpid(child, None), Ok(WaitStatus::Exited(_, 0)))
        }
        Err(_) => false,
    }
}

/// Shows the processes of the PID namespace alone.
fn own_proc() -> Result<(), Failure> {
    let none: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS).step(|| "making a mount namespace".to_owned())?;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .and_then(|()| mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), none))
        .step(|| "mounting /proc".to_owned())
}

/// What was laid over the machine's files, and what it was before.
#[derive(Default)]
struct Laid {
    /// The paths that were there, in the directories of packages.
    before: BTreeSet<PathBuf>,
    /// Each path that was laid over, with the place that its file was moved to, if there was one.
    aside: Vec<(PathBuf, Option<PathBuf>)>,
    modes: Vec<(PathBuf, u32)>,
}

impl Laid {
    fn over(&mut self, spec: &Spec) -> Result<(), Failure> {
        self.before = listing(&spec.scratch);
        for path in &spec.hidden {
            self.set_aside(Path::new(path), &spec.scratch)?;
        }
        for path in REWRITTEN {
            self.set_aside(Path::new(path), &spec.scratch)?;
            if let Some((_, Some(kept))) = self.aside.last() {
                fs::copy(kept, path).step(|| format!("copying {path}"))?;
            }
        }
        for (path, content) in &spec.files {
            let path = Path::new(path);
            if !(content.kind == ContentKind::Directory && path.is_dir()) {
                self.set_aside(path, &spec.scratch)?;
            }
        }
        for bind in spec
            .binds
            .iter()
            .filter(|bind| bind.access == Access::ReadOnly)
        {
            self.set_aside(&bind.target, &spec.scratch)?;
            if let Some(parent) = bind.target.parent() {
                make_dir(parent)?;
            }
            symlink(&bind.source, &bind.target)
                .step(|| format!("showing {}", bind.source.display()))?;
        }
        for above in spec
            .reachable
            .iter()
            .flat_map(|path| path.ancestors().skip(1))
        {
            if let Ok(meta) = fs::metadata(above) {
                self.modes.push((above.to_owned(), meta.mode() & 0o7777));
            }
        }
        files::fill(spec)
    }

    /// Moves away what is at a path.
    fn set_aside(&mut self, path: &Path, scratch: &Path) -> Result<(), Failure> {
        let is_gone = |(other, _): &(PathBuf, Option<PathBuf>)| path.starts_with(other);
        if self.aside.iter().any(is_gone) {
            return Ok(());
        }
        if fs::symlink_metadata(path).is_err() {
            self.aside.push((path.to_owned(), None));
            return Ok(());
        }
        let kept = scratch.join(format!("aside-{}", self.aside.len()));
        match fs::rename(path, &kept) {
            Err(e) if e.kind() == io::ErrorKind::CrossesDevices => moved(path, &kept)?,
            done => done.step(|| format!("setting {} aside", path.display()))?,
        }
        self.aside.push((path.to_owned(), Some(kept)));
        Ok(())
    }

    /// Removes what was made, and puts back what was there. It goes on after an error, and returns the first.
    fn put_back(&mut self) -> Result<(), Failure> {
        let mut done = Ok(());
        for path in listing(Path::new("/proc")).into_iter().rev() {
            if !self.before.is_empty() && !self.before.contains(&path) {
                remove(&path);
            }
        }
        while let Some((path, kept)) = self.aside.pop() {
            remove(&path);
            let Some(kept) = kept else { continue };
            if let Some(parent) = path.parent() {
                let _ = fs::create_dir_all(parent);
            }
            let back = match fs::rename(&kept, &path) {
                Err(e) if e.kind() == io::ErrorKind::CrossesDevices => moved(&kept, &path),
                renamed => renamed.step(|| format!("putting {} back", path.display())),
            };
            done = done.and(back);
        }
        while let Some((path, mode)) = self.modes.pop() {
            let _ = fs::set_permissions(&path, fs::Permissions::from_mode(mode));
        }
        done
    }
}

/// Moves to another disk.
fn moved(from: &Path, to: &Path) -> Result<(), Failure> {
    let step = format!("moving {}", from.display());
    let copied = std::process::Command::new("/bin/cp")
        .arg("-a")
        .args([from, to])
        .status();
    match copied {
        Ok(status) if status.success() => {
            remove(from);
            Ok(())
        }
        Ok(status) => Err(Failure::new(step, status)),
        Err(error) => Err(Failure::new(step, error)),
    }
}

fn remove(path: &Path) {
    let is_dir = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    let _ = if is_dir {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
}

/// The paths in the directories of packages; a directory comes before what it has.
fn listing(except: &Path) -> BTreeSet<PathBuf> {
    let shown = |entry: &walkdir::DirEntry| {
        let path = entry.path();
        path != except && !OTHERS.iter().any(|other| path == Path::new(other))
    };
    let walk = |dir: &&str| WalkDir::new(dir).into_iter().filter_entry(shown).flatten();
    SYSTEM
        .iter()
        .flat_map(walk)
        .map(walkdir::DirEntry::into_path)
        .collect()
}

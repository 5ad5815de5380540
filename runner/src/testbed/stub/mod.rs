//! The stub: the executable of pmsts, started as a process of one thread, which becomes the testbed. It creates the
//! namespaces. Its child, PID 1 in there, mounts the file systems, and then executes the commands that the runner
//! sends. Standard input is the control socket, standard output the log.

mod files;
mod host;
mod mounts;
mod processes;
mod roots;
mod serve;
mod server;
mod users;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, chdir, chroot, getppid, sethostname};

use super::ids::Ids;
use super::spec::{Root, Spec};
use super::sys;
use super::wire::{Notice, send};

/// A step of the set-up that failed.
#[derive(Debug)]
pub(super) struct Failure {
    step: String,
    error: String,
}

impl Failure {
    pub(super) fn new(step: impl Into<String>, error: impl std::fmt::Display) -> Self {
        Self {
            step: step.into(),
            error: error.to_string(),
        }
    }
}

/// Names the step that a result belongs to.
trait Step<T> {
    fn step(self, step: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T, E: std::fmt::Display> Step<T> for Result<T, E> {
    fn step(self, step: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(step(), error))
    }
}

/// Becomes a testbed. Returns when the testbed is gone, with the process's exit status.
pub fn run(spec_file: &Path, runner: i32) -> u8 {
    let Ok(control) = control_socket() else {
        return 3;
    };
    match outer(spec_file, runner, &control) {
        Ok(()) => 0,
        Err(failure) => {
            // If the runner is gone too, nobody receives it.
            let _ = send(
                &control,
                &Notice::SetupFailed {
                    step: failure.step,
                    error: failure.error,
                },
            );
            3
        }
    }
}

/// Standard input is the control socket; commands must not inherit it.
fn control_socket() -> io::Result<UnixStream> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(UnixStream::from(socket))
}

fn outer(spec_file: &Path, runner: i32, control: &UnixStream) -> Result<(), Failure> {
    forget_inheritance()?;
    let text = fs::read(spec_file).step(|| format!("reading {}", spec_file.display()))?;
    let spec: Spec =
        serde_json::from_slice(&text).step(|| "reading the specification".to_owned())?;
    if spec.root == Root::Host {
        return host::outer(&spec, runner, control);
    }
    die_with_parent(runner)?;
    if let Some(ids) = &spec.ids {
        users::enter(ids)?;
        // A change of ids may have revoked it.
        die_with_parent(runner)?;
    }
    let mut flags = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    if !spec.network {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    unshare(flags).step(|| "making namespaces".to_owned())?;
    let (outside, inside) = UnixStream::pair().step(|| "making a socket pair".to_owned())?;
    match sys::fork_stub().step(|| "forking the testbed's first process".to_owned())? {
        ForkResult::Parent { child } => {
            drop(inside);
            announce(child.as_raw(), &outside, control);
            // PID 1 is reaped when all processes of its namespace are gone.
            waitpid(child, None)
                .map(drop)
                .step(|| "waiting for the testbed".to_owned())
        }
        ForkResult::Child => {
            drop(outside);
            std::process::exit(i32::from(serve_as_first(&spec, inside, control, || {
                build(&spec)
            })))
        }
    }
}

/// Announces PID 1 to the runner before PID 1 does anything, so that the runner receives the notices in this order.
fn announce(pid: i32, mut first: &UnixStream, control: &UnixStream) {
    if first.read_exact(&mut [0]).is_ok() {
        let _ = send(control, &Notice::Born(pid));
        let _ = first.write_all(&[0]);
    }
}

/// The first process of the testbed, after `build` has set it up.
fn serve_as_first(
    spec: &Spec,
    stub: UnixStream,
    control: &UnixStream,
    build: impl FnOnce() -> Result<(), Failure>,
) -> u8 {
    let built = await_announcement(stub).and_then(|()| build());
    if let Err(failure) = built {
        let _ = send(
            control,
            &Notice::SetupFailed {
                step: failure.step,
                error: failure.error,
            },
        );
        return 3;
    }
    match serve::serve(spec, control) {
        Ok(()) => 0,
        Err(_) => 3,
    }
}

/// Asks to be killed when the stub dies, then waits until the stub has announced PID 1. PID 1 sees its parent as 0, and
/// so cannot check whether it died before the request; but then there is no announcement.
fn await_announcement(mut stub: UnixStream) -> Result<(), Failure> {
    let step = || "asking to die with the runner".to_owned();
    prctl::set_pdeathsig(Signal::SIGKILL).step(step)?;
    stub.write_all(&[0])
        .and_then(|()| stub.read_exact(&mut [0]))
        .step(step)
}

/// Resets inherited signals and closes inherited files, so that a testbed is the same whether a shell, make, nohup or a
/// CI system started the runner.
fn forget_inheritance() -> Result<(), Failure> {
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
        .step(|| "resetting the signal mask".to_owned())?;
    sys::default_signals().step(|| "resetting signals".to_owned())?;
    sys::close_on_exec().step(|| "closing inherited files".to_owned())?;
    umask(Mode::from_bits_truncate(0o022));
    Ok(())
}

/// Makes another directory the root of this process, as root of a user namespace if there are ids.
pub(super) fn enter_root(ids: Option<&Ids>, root: &Path) -> Result<(), String> {
    let words = |failure: Failure| format!("{}: {}", failure.step, failure.error);
    if let Some(ids) = ids {
        users::enter(ids).map_err(words)?;
    }
    if root != Path::new("/") {
        chroot(root)
            .and_then(|()| chdir("/"))
            .step(|| format!("entering {}", root.display()))
            .map_err(words)?;
    }
    Ok(())
}

fn die_with_parent(parent: i32) -> Result<(), Failure> {
    prctl::set_pdeathsig(Signal::SIGKILL).step(|| "asking to die with the runner".to_owned())?;
    if getppid().as_raw() == parent {
        Ok(())
    } else {
        Err(Failure::new(
            "asking to die with the runner",
            "the runner is gone",
        ))
    }
}

fn build(spec: &Spec) -> Result<(), Failure> {
    sethostname("pmsts").step(|| "naming the host".to_owned())?;
    if !spec.network {
        sys::loopback_up().step(|| "bringing loopback up".to_owned())?;
    }
    mounts::enter(&mounts::tree(spec)?)?;
    files::fill(spec)?;
    limit_pids(spec.max_processes);
    mounts::lock_kernel()
}

/// Limits process ids, as a second guard against fork bombs: `serve` counts processes. Since Linux 6.14 the limit is
/// the namespace's own; on older kernels it is the host's, and is not changed.
fn limit_pids(max_processes: u32) {
    const PID_MAX: &str = "/proc/sys/kernel/pid_max";
    let release = nix::sys::utsname::uname().map(|u| u.release().to_string_lossy().into_owned());
    let version = release.ok().and_then(|release| {
        let mut numbers = release.split(|c: char| !c.is_ascii_digit());
        Some((
            numbers.next()?.parse::<u32>().ok()?,
            numbers.next()?.parse::<u32>().ok()?,
        ))
    });
    if version.is_some_and(|version| version >= (6, 14)) {
        // Enough numbers to count one process more than allowed, and not to reuse a number too soon.
        let numbers = max_processes.saturating_mul(4).clamp(4096, 1 << 22);
        let _ = fs::write(PID_MAX, numbers.to_string());
    }
}

fn make_dir(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).step(|| format!("making {}", path.display()))
}

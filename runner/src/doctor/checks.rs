//! The checks of `pmsts doctor`.

use std::{fs, path::Path, process::Command, time::Duration};

use nix::{sys::statvfs::statvfs, unistd::geteuid};

use super::{Check, Lack, blocks, skips};
use crate::provision::{
    BashVersion, Cache, Error, Monitor, Place, Provisioner, Recipe, bash,
    command::{guarded, run},
    python,
};
use crate::testbed::{Choice, Ground, preflight};

const LIMIT: Duration = Duration::from_secs(20);

/// Free space below which provisioning and a run may fill the disk, in bytes.
const ROOM_BYTES: u64 = 1 << 30;

pub(super) fn root() -> Check {
    let uid = geteuid();
    let found = if uid.is_root() {
        Ok("uid 0".to_owned())
    } else {
        Err(format!("uid {uid}"))
    };
    let lack = skips(
        "the testbed overlay: runs use the testbed user",
        "run as root, for example with sudo",
    );
    Check::new("root", found, &lack)
}

pub(super) fn namespaces(monitor: &Monitor<'_>) -> Result<Vec<Check>, Error> {
    let remedy = "allow it for this user or container (a container needs --privileged)";
    let kinds = [
        ("mount namespace", "--mount", blocks("every run", remedy)),
        ("PID namespace", "--pid", blocks("every run", remedy)),
        (
            "network namespace",
            "--net",
            skips("cutting testbeds off the network", remedy),
        ),
        (
            "IPC namespace",
            "--ipc",
            skips("FEATURES=ipc-sandbox of Portage", remedy),
        ),
        (
            "user namespace",
            "--user",
            skips("runs without root", remedy),
        ),
    ];
    let mut checks = Vec::new();
    for (what, flag, lack) in kinds {
        let mut command = guarded("unshare");
        if !geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args([flag, "--fork", "true"]);
        checks.push(Check::new(
            what,
            answer(command, "can be made", monitor)?,
            &lack,
        ));
    }
    Ok(checks)
}

/// Opens a testbed of each backend, as every run does first.
pub(super) fn testbeds() -> Vec<Check> {
    let is_root = geteuid().is_root();
    let skipped = |what: &'static str, remedy, needed| {
        if needed {
            blocks("every run", remedy)
        } else {
            skips(what, remedy)
        }
    };
    let overlay = skipped(
        "runs with --testbed overlay",
        "run as root; load the kernel module overlay; in a container, put the root on a file system that overlayfs accepts",
        is_root,
    );
    let user = skipped(
        "runs with --testbed user",
        "allow user namespaces for this user, and install newuidmap (package uidmap)",
        !is_root,
    );
    vec![
        testbed("testbed overlay", &Choice::Overlay, &overlay),
        testbed("testbed user", &Choice::User, &user),
        testbed(
            "testbed prefix",
            &Choice::Prefix,
            &skips(
                "the cases with an offset prefix as an ordinary user",
                "allow user namespaces for this user",
            ),
        ),
        host(is_root),
    ]
}

/// Whether the backend without isolation can be used. It is not tried, as it changes files of the machine.
fn host(is_root: bool) -> Check {
    let found = if is_root {
        Ok("can be used with --this-machine-is-disposable; it is not tried here".to_owned())
    } else {
        Err("it needs root".to_owned())
    };
    let lack = skips("runs with --testbed host", "run as root");
    Check::new("testbed host", found, &lack)
}

fn testbed(what: &'static str, choice: &Choice, lack: &Lack) -> Check {
    let opened = tempfile::tempdir()
        .and_then(|dir| Ok((dir, std::env::current_exe()?)))
        .map_err(|error| error.to_string())
        .and_then(|(dir, executable)| {
            let ground = Ground::prepare(choice, dir.path(), None).map_err(|e| e.to_string())?;
            preflight(&ground, dir.path(), &executable)?;
            Ok(abilities(&ground))
        });
    Check::new(what, opened, lack)
}

/// What testbeds on a ground can do.
fn abilities(ground: &Ground) -> String {
    if ground.has_one_user() {
        let notes = ground.notes.join(" ");
        return format!("can be opened, for cases that need no other user. {notes}");
    }
    "can be opened, for every case".to_owned()
}

pub(super) fn pythons(monitor: &mut Monitor<'_>) -> Result<Check, Error> {
    let found = python::find(monitor)?;
    let words: Vec<_> = found
        .iter()
        .map(|it| {
            let lame = if it.can_make_venvs() {
                ""
            } else {
                ", without venv"
            };
            format!("{} ({}{lame})", it.version, it.path.display())
        })
        .collect();
    let usable = found.iter().any(python::Interpreter::can_make_venvs);
    let found = match (usable, words.is_empty()) {
        (true, _) => Ok(words.join(", ")),
        (false, true) => Err("no Python 3 on PATH or in the usual places".to_owned()),
        (false, false) => Err(words.join(", ")),
    };
    let lack = skips(
        "releases from the package index (--pm NAME@RELEASE)",
        "install python3 with its venv module",
    );
    Ok(Check::new("python", found, &lack))
}

pub(super) fn shells(cache: Option<&Cache>, monitor: &Monitor<'_>) -> Result<Vec<Check>, Error> {
    let newest = BashVersion::for_eapi("9");
    let host = match bash::host(&Place::Machine, monitor) {
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) => Err(error.to_string()),
        Ok(bash) if bash.version >= newest => {
            Ok(format!("{} ({})", bash.version, bash.path.display()))
        }
        Ok(bash) => Err(format!(
            "{} ({}), EAPI 9 needs {newest}",
            bash.version,
            bash.path.display()
        )),
    };
    let old = skips(
        "nothing if --bash auto finds a newer one; with --bash host, EAPI 9 and package managers that support it",
        "leave --bash at auto, or give a newer one with --bash PATH",
    );
    let cached = match cache.and_then(bash::cached) {
        Some((path, version)) => Ok(format!("{version} in the cache ({})", path.display())),
        None if which::which("apt-get").is_ok() => {
            Ok("none in the cache, apt-get can fetch one".to_owned())
        }
        None => Err("none in the cache, and no apt-get to fetch one".to_owned()),
    };
    let lack = skips(
        "EAPI 9 if the machine's Bash is older",
        "give a newer Bash with --bash PATH",
    );
    Ok(vec![
        Check::new("bash", host, &old),
        Check::new("static bash", cached, &lack),
    ])
}

pub(super) fn cache_dir(cache: &Result<Cache, Error>) -> Check {
    let found = match cache {
        Ok(cache) => match cache.check_writable() {
            Ok(()) => Ok(cache.root().display().to_string()),
            Err(error) => Err(error.to_string()),
        },
        Err(error) => Err(error.to_string()),
    };
    let lack = skips(
        "installing releases and a Bash; those in the cache are used",
        "set PMSTS_CACHE to a directory that you can write",
    );
    Check::new("cache", found, &lack)
}

pub(super) fn room(cache: &Result<Cache, Error>) -> Check {
    let place = cache.as_ref().map_or(Path::new("/"), Cache::root);
    let there = place
        .ancestors()
        .find(|dir| fs::exists(dir).unwrap_or(false))
        .unwrap_or(place);
    let found = match statvfs(there) {
        Err(errno) => Err(format!("{}: {errno}", there.display())),
        Ok(stat) => {
            let bytes = stat.blocks_available().saturating_mul(stat.fragment_size());
            let words = format!("{} MiB free at {}", bytes >> 20, there.display());
            if bytes >= ROOM_BYTES {
                Ok(words)
            } else {
                Err(words)
            }
        }
    };
    Check::new(
        "disk",
        found,
        &skips(
            "installing, if the disk becomes full: a release takes up to 100 MiB",
            "free disk space, or set PMSTS_CACHE to a directory on another disk",
        ),
    )
}

pub(super) fn package_managers(
    cache: Option<Cache>,
    monitor: &mut Monitor<'_>,
) -> Result<Check, Error> {
    let mut words = Vec::new();
    if let Some(cache) = cache {
        let monitor = Monitor {
            report: &mut *monitor.report,
            cancelled: monitor.cancelled,
        };
        let mut provisioner = Provisioner::new(cache, Recipe::bundled(), monitor);
        let here = provisioner.on_path()?;
        words.extend(here.iter().map(|it| {
            format!(
                "{} {} on PATH ({})",
                it.pm,
                it.version,
                it.program.display()
            )
        }));
        words.extend(
            provisioner
                .list()
                .iter()
                .map(|it| format!("{} in the cache", it.spec)),
        );
    }
    let found = if words.is_empty() {
        Err("none on PATH or in the cache".to_owned())
    } else {
        Ok(words.join(", "))
    };
    let lack = skips(
        "nothing if the package index can be reached: a run installs them",
        "`pmsts pm install portage@latest` installs one now",
    );
    Ok(Check::new("package managers", found, &lack))
}

pub(super) fn sandbox() -> Check {
    let found = which::which("sandbox").map(|path| path.display().to_string());
    let lack = skips(
        "FEATURES=sandbox and usersandbox of Portage",
        "install sandbox, if the distribution has it",
    );
    Check::new(
        "sandbox",
        found.map_err(|_| "not on PATH".to_owned()),
        &lack,
    )
}

pub(super) fn seven_zip() -> Check {
    let found = which::which("7z").map(|path| path.display().to_string());
    let lack = skips("cases that unpack 7-Zip files", "install 7zip");
    Check::new("7z", found.map_err(|_| "not on PATH".to_owned()), &lack)
}

pub(super) fn wget() -> Check {
    let found = which::which("wget").map(|path| path.display().to_string());
    let lack = skips(
        "fetching: cases in which a package manager fetches files fail",
        "install wget",
    );
    Check::new("wget", found.map_err(|_| "not on PATH".to_owned()), &lack)
}

/// `works` if the command succeeds, else the last line that it printed.
fn answer(
    command: Command,
    works: &str,
    monitor: &Monitor<'_>,
) -> Result<Result<String, String>, Error> {
    match run(command, "checking the machine", LIMIT, None, monitor) {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => Ok(Err(error.to_string())),
        Ok(output) if output.status.success() => Ok(Ok(works.to_owned())),
        Ok(output) => Ok(Err(output.last_line())),
    }
}

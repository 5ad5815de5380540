//! Enters a user namespace, so that an ordinary user can mount and be root in there.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Gid, Uid, getpid, setgroups, setresgid, setresuid};

use super::{Failure, Step};
use crate::testbed::Ids;
use crate::testbed::ids::Range;
use crate::testbed::sys;

/// Settings by which an administrator can forbid user namespaces, the value that does, and what to set instead.
const RESTRICTIONS: [(&str, &str, &str); 3] = [
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor restricts user namespaces here: the administrator can set kernel.apparmor_restrict_unprivileged_userns=0 with \
         sysctl, or give pmsts an AppArmor profile that allows `userns`",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "user namespaces are for root alone here: the administrator can set kernel.unprivileged_userns_clone=1 with sysctl",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "no user namespace is allowed here: the administrator can set user.max_user_namespaces=10000 with sysctl",
    ),
];

/// Enters a user namespace with these ids, as its root.
pub(super) fn enter(ids: &Ids) -> Result<(), Failure> {
    let maps = ids.maps();
    let (mut told, tell) = io::pipe().step(|| "making a pipe".to_owned())?;
    let helper = match &ids.range {
        Some(range) => Some(start_helper(range, &maps, &mut told, &tell)?),
        None => None,
    };
    unshare(CloneFlags::CLONE_NEWUSER)
        .map_err(|error| Failure::new("making a user namespace", explained(error)))?;
    let mut tell = tell;
    if let Some(helper) = helper {
        tell.write_all(&[0]).step(|| "mapping ids".to_owned())?;
        drop(tell);
        match waitpid(helper, None) {
            Ok(WaitStatus::Exited(_, 0)) => {}
            other => {
                return Err(Failure::new(
                    "mapping ids with newuidmap",
                    format!("{other:?}"),
                ));
            }
        }
        setgroups(&[]).step(|| "leaving the user's groups".to_owned())?;
    } else {
        let line = |map: &[u32]| format!("{}\n", words(map).join(" "));
        fs::write("/proc/self/setgroups", "deny")
            .and_then(|()| fs::write("/proc/self/uid_map", line(&maps[0])))
            .and_then(|()| fs::write("/proc/self/gid_map", line(&maps[1])))
            .map_err(|error| Failure::new("mapping the user's id", explained(error)))?;
    }
    let (uid, gid) = (Uid::from_raw(0), Gid::from_raw(0));
    setresgid(gid, gid, gid)
        .and_then(|()| setresuid(uid, uid, uid))
        .step(|| "becoming root of the user namespace".to_owned())
}

/// Starts a process that maps the ids once this one is in its namespace: only a process outside can.
fn start_helper(
    range: &Range,
    maps: &[Vec<u32>; 2],
    told: &mut io::PipeReader,
    tell: &io::PipeWriter,
) -> Result<nix::unistd::Pid, Failure> {
    let stub = getpid().to_string();
    // Both hold the writing end: the stub tells by a byte and not by closing it.
    let _ = tell;
    match sys::fork_stub().step(|| "forking".to_owned())? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let waited = told.read_exact(&mut [0]).is_ok();
            let map = |program: &Path, map: &[u32]| {
                let mapped = Command::new(program).arg(&stub).args(words(map)).status();
                mapped.is_ok_and(|status| status.success())
            };
            let done = waited && map(&range.newuidmap, &maps[0]) && map(&range.newgidmap, &maps[1]);
            std::process::exit(i32::from(!done))
        }
    }
}

fn words(map: &[u32]) -> Vec<String> {
    map.iter().map(ToString::to_string).collect()
}

/// The error, and the setting of the machine that may be its reason.
pub(super) fn explained(error: impl std::fmt::Display) -> String {
    let is_set = |(path, value, _): &&(&str, &str, &str)| {
        fs::read_to_string(path).is_ok_and(|text| text.trim() == *value)
    };
    match RESTRICTIONS.iter().find(is_set) {
        Some((_, _, advice)) => format!("{error} ({advice})"),
        None => error.to_string(),
    }
}

//! The processes of a testbed: those of its PID namespace, or all that descend from this process.

use std::collections::BTreeMap;
use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{Pid, getpid};

use crate::testbed::sys::{Ended, wait_any};

/// Whether this process is the first one of a PID namespace.
fn has_namespace() -> bool {
    getpid().as_raw() == 1
}

/// The number of processes that are alive, besides this one.
pub(super) fn others() -> u32 {
    let all = alive();
    let count = if has_namespace() {
        all.len().saturating_sub(1)
    } else {
        descendants(&all).len()
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether there can be more processes than this. Cheaper than counting them.
pub(super) fn may_exceed(limit: u32) -> bool {
    // /proc holds other entries too.
    let entries = fs::read_dir("/proc").map_or(0, Iterator::count);
    u32::try_from(entries).unwrap_or(u32::MAX) > limit
}

/// Kills all others.
pub(super) fn kill_others() {
    if has_namespace() {
        // A process can escape a count by forking, but not this signal.
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
        return;
    }
    for pid in descendants(&alive()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// Kills all others until none is left, and reaps them.
pub(super) fn end_all() {
    reap_all(|_| ());
}

/// The same; tells what each has used.
pub(super) fn reap_all(mut tell: impl FnMut(&Ended)) {
    kill_others();
    while let Ok(ended) = wait_any(if has_namespace() {
        WaitPidFlag::empty()
    } else {
        WaitPidFlag::WNOHANG
    }) {
        match ended {
            Some(one) => tell(&one),
            None => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
        // What was forked meanwhile has this process for its parent by now.
        if !has_namespace() {
            kill_others();
        }
    }
}

/// The parent of each living process.
fn alive() -> BTreeMap<i32, i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parent = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let is_zombie = fields.next()? == "Z";
        let parent = fields.next()?.parse().ok()?;
        (!is_zombie).then_some((pid, parent))
    };
    entries
        .filter_map(|entry| parent(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// The processes that descend from this one.
fn descendants(all: &BTreeMap<i32, i32>) -> Vec<i32> {
    let mut found = vec![getpid().as_raw()];
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        found.extend(
            all.iter()
                .filter(|(_, of)| **of == parent)
                .map(|(pid, _)| *pid),
        );
        at += 1;
    }
    found.split_off(1)
}

//! Compares the state of a path with what is expected of it.

use super::observed::{FileSeen, StepObserved};
use super::sent::one;
use super::verdict::{Compared, Outcome};
use crate::model::{FileCheck, FileKind};

/// Compares a path of the merged tree.
pub(super) fn file(compared: &mut Compared, check: &FileCheck, path: &str, seen: &StepObserved) {
    let Some(actual) = seen.files.get(path) else {
        compared.note = Some("the path was not looked at".to_owned());
        return;
    };
    let content_met = check.content.as_deref().is_none_or(|check| {
        let mut scratch = compared.clone();
        let met = actual
            .content
            .as_ref()
            .is_some_and(|value| one(check, value, None, &mut scratch).unwrap_or_default());
        compared.exact = scratch.exact;
        met
    });
    let inode_met = check.same_inode.as_ref().is_none_or(|other| {
        seen.files
            .get(other)
            .is_some_and(|o| o.kind != FileKind::Absent && o.inode == actual.inode)
    });
    let met = content_met && inode_met && attributes_met(check, actual);
    compared.actual = Some(describe(check, actual).into());
    compared.outcome = if met { Outcome::Met } else { Outcome::Differs };
}

/// Whether type, mode, owner, time and target of a path are as expected.
fn attributes_met(check: &FileCheck, actual: &FileSeen) -> bool {
    let kind_met = match check.kind {
        Some(FileKind::Absent) => actual.kind == FileKind::Absent,
        Some(FileKind::Present) | None => actual.kind != FileKind::Absent,
        Some(kind) => actual.kind == kind,
    };
    let target_met = check.target.as_ref().is_none_or(|target| {
        actual
            .target
            .as_ref()
            .is_some_and(|t| t.0 == target.as_bytes())
    });
    let (seconds, nanoseconds) = actual.mtime;
    kind_met
        && target_met
        && check.mode.is_none_or(|mode| mode == actual.mode)
        && (check.owner).is_none_or(|owner| owner == (actual.uid, actual.gid))
        && check.mtime_seconds.is_none_or(|it| it == seconds)
        && check.mtime_nanoseconds.is_none_or(|it| it == nanoseconds)
}

/// The observed state of a path, limited to the attributes that are checked.
fn describe(check: &FileCheck, seen: &FileSeen) -> String {
    let mut parts = vec![seen.kind.word().to_owned()];
    if seen.kind != FileKind::Absent {
        if check.mode.is_some() {
            parts.push(format!("mode {:04o}", seen.mode));
        }
        if check.owner.is_some() {
            parts.push(format!("owner {}:{}", seen.uid, seen.gid));
        }
        if check.mtime_seconds.is_some() || check.mtime_nanoseconds.is_some() {
            parts.push(format!("mtime {}.{:09}", seen.mtime.0, seen.mtime.1));
        }
        if let (true, Some(target)) = (check.target.is_some(), &seen.target) {
            parts.push(format!("target {target}"));
        }
        if let (true, Some(content)) = (check.content.is_some(), &seen.content) {
            parts.push(format!("content {content}"));
        }
        if check.same_inode.is_some() {
            parts.push(format!("inode {}", seen.inode.1));
        }
    }
    parts.join(", ")
}

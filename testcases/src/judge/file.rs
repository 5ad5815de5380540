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
    let kind_met = match check.kind {
        Some(FileKind::Absent) => actual.kind == FileKind::Absent,
        Some(FileKind::Present) | None => actual.kind != FileKind::Absent,
        Some(kind) => actual.kind == kind,
    };
    let owner = (actual.uid, actual.gid);
    let content_met = check.content.as_deref().is_none_or(|check| {
        let mut scratch = compared.clone();
        let met = actual
            .content
            .as_ref()
            .is_some_and(|value| one(check, value, None, &mut scratch).unwrap_or_default());
        compared.exact = scratch.exact;
        met
    });
    let target_met = check.target.as_ref().is_none_or(|target| {
        actual
            .target
            .as_ref()
            .is_some_and(|t| t.0 == target.as_bytes())
    });
    let inode_met = check.same_inode.as_ref().is_none_or(|other| {
        seen.files
            .get(other)
            .is_some_and(|o| o.kind != FileKind::Absent && o.inode == actual.inode)
    });
    let met = kind_met
        && check.mode.is_none_or(|mode| mode == actual.mode)
        && check.owner.is_none_or(|o| o == owner)
        && check
            .mtime_seconds
            .is_none_or(|seconds| seconds == actual.mtime.0)
        && check
            .mtime_nanoseconds
            .is_none_or(|nanos| nanos == actual.mtime.1)
        && content_met
        && target_met
        && inode_met;
    compared.actual = Some(describe(check, actual).into());
    compared.outcome = if met { Outcome::Met } else { Outcome::Differs };
}

/// What was seen of a path, in the terms in which it is expected.
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

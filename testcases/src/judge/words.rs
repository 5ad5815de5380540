//! Describes checks in words, for reports.

use crate::model::{Check, FileCheck, Value};

/// The check in words.
pub(super) fn words(check: &Check) -> String {
    let list = |items: &[Value]| {
        items
            .iter()
            .map(|v| format!("`{v}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match check {
        Check::Equal(value) => format!("`{value}`"),
        Check::Not(value) => format!("anything but `{value}`"),
        Check::Sequence(values) if values.is_empty() => "nothing".to_owned(),
        Check::Sequence(values) => format!("in this order {}", list(values)),
        Check::OneOf(values) => format!("one of {}", list(values)),
        Check::Matches(pattern) => format!("matching /{}/", pattern.0.as_str()),
        Check::MatchesNot(pattern) => format!("not matching /{}/", pattern.0.as_str()),
        Check::Absent => "not sent".to_owned(),
        Check::Set(words) => format!("exactly the words {}", words.join(" ")),
        Check::Contains(words) => format!("with the words {}", words.join(" ")),
        Check::Lacks(words) => format!("without the words {}", words.join(" ")),
        Check::Ordered(words) => format!("with, in this order, {}", words.join(" ")),
        Check::SameAs(other) => format!("the same as {other}"),
        Check::DiffersFrom(other) => format!("not the same as {other}"),
        Check::Recorded => "left open by the PMS".to_owned(),
        Check::Is(yes) => if *yes { "installed" } else { "not installed" }.to_owned(),
        Check::Ending(_) => "an ending".to_owned(),
        Check::File(file) => file_words(file),
    }
}

fn file_words(check: &FileCheck) -> String {
    let mut parts = Vec::new();
    parts.extend(check.kind.map(|kind| kind.word().to_owned()));
    parts.extend(check.mode.map(|mode| format!("mode {mode:04o}")));
    parts.extend(check.owner.map(|(uid, gid)| format!("owner {uid}:{gid}")));
    parts.extend(
        check
            .mtime_seconds
            .map(|seconds| format!("mtime {seconds}")),
    );
    parts.extend(
        check
            .mtime_nanoseconds
            .map(|nanos| format!("mtime nanoseconds {nanos}")),
    );
    parts.extend(
        check
            .target
            .as_ref()
            .map(|target| format!("target {target}")),
    );
    parts.extend(
        check
            .content
            .as_deref()
            .map(|content| format!("content {}", words(content))),
    );
    parts.extend(
        check
            .same_inode
            .as_ref()
            .map(|other| format!("the same inode as {other}")),
    );
    parts.join(", ")
}

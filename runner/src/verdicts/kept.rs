//! Observations as they are kept: the body of a store's entry, and the keys under which it is found.

use std::collections::BTreeSet;

use pmsts_reports::record::BuildRecord;
use pmsts_store::{Entry, FORM, Judged, Key, Target};
use pmsts_testcases::Observed;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What was observed of a build.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// The key under which it was found.
    pub key: Key,
    /// When it was observed, RFC 3339.
    pub found: String,
    /// What was done and observed.
    pub body: Body,
    /// The instances that were judged from it, each with the checksum of its expectations.
    judged: Vec<(String, String)>,
}

/// The body of an entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Body {
    /// What was read beside the messages of phases, as only that was observed.
    pub asked: BTreeSet<String>,
    /// What was done.
    pub build: BuildRecord,
    /// What was observed.
    pub observed: Observed,
}

/// Observations that a run looks for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    /// The key of the build on its target.
    pub build: Key,
    /// What must have been looked at.
    pub asked: BTreeSet<String>,
    /// The cases of the build, as rules of stores are about cases.
    pub cases: Vec<&'a str>,
}

/// A target as stores know it. A checkout has no release of its own, and its path is nobody's concern.
pub(super) fn target(pm: &str, version: &str, spec: &str, bash: String, key: String) -> Target {
    let is_checkout = spec.starts_with(&format!("{pm}:"));
    let version = if is_checkout {
        format!("{version}+checkout")
    } else {
        version.to_owned()
    };
    Target {
        name: format!("{pm}@{version}"),
        pm: pm.to_owned(),
        version,
        bash,
        key,
    }
}

/// The key of a build on a target, whatever was looked at.
pub(crate) fn build_key(target: &str, checksum: &str) -> Key {
    Key::of(["build", target, checksum])
}

/// The key of observations of a build, in which this was looked at.
pub(crate) fn key(build: Key, asked: &BTreeSet<String>) -> Key {
    let build = build.to_string();
    let asked = asked.iter().map(String::as_str);
    Key::of(["observations", &build].into_iter().chain(asked))
}

impl Kept {
    /// Takes it from an entry. `None` if the entry is none of observations, or stands under another key than its own.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let body: Body = serde_json::from_str(entry.body.as_ref()?.get()).ok()?;
        (entry.key == key(entry.build, &body.asked)).then(|| Self {
            key: entry.key,
            found: entry.found.clone(),
            body,
            judged: entry
                .verdicts
                .iter()
                .map(|it| (it.instance.clone(), it.expect.clone()))
                .collect(),
        })
    }

    /// Whether an instance was judged from it by the same expectations.
    pub(super) fn has(&self, verdict: &Judged) -> bool {
        let same = |(instance, expect): &(String, String)| {
            *instance == verdict.instance && *expect == verdict.expect
        };
        self.judged.iter().any(same)
    }

    /// Whether all that is asked now was read then.
    pub(super) fn answers(&self, asked: &BTreeSet<String>) -> bool {
        asked.is_subset(&self.body.asked)
    }
}

/// An entry of observations.
pub(super) fn entry(
    build: Key,
    found: String,
    target: Option<Target>,
    body: &Body,
) -> serde_json::Result<Entry> {
    Ok(Entry {
        pmsts: FORM,
        key: key(build, &body.asked),
        build,
        found,
        target,
        verdicts: Vec::new(),
        body: Some(RawValue::from_string(serde_json::to_string(body)?)?),
    })
}

/// An entry that adds verdicts to observations that are kept already.
pub(super) fn judged(kept: &Kept, build: Key, target: Target, verdict: Judged) -> Entry {
    Entry {
        pmsts: FORM,
        key: kept.key,
        build,
        found: kept.found.clone(),
        target: Some(target),
        verdicts: vec![verdict],
        body: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(paths: &[&str]) -> BTreeSet<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    fn body() -> Body {
        Body {
            asked: asked(&["file /a", "output"]),
            build: BuildRecord::default(),
            observed: Observed::default(),
        }
    }

    #[test]
    fn observations_answer_only_what_was_asked_then() {
        let entry = entry(build_key("t", "1"), String::new(), None, &body()).unwrap();
        let kept = Kept::of(&entry).unwrap();
        assert!(kept.answers(&asked(&["file /a"])));
        assert!(!kept.answers(&asked(&["file /a", "file /b"])));
    }

    #[test]
    fn an_entry_under_a_key_that_is_not_its_own_is_not_used() {
        let mut entry = entry(build_key("t", "1"), String::new(), None, &body()).unwrap();
        entry.build = build_key("t", "2");
        assert!(Kept::of(&entry).is_none());
    }
}

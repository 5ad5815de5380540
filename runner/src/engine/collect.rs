//! Reads what a step left in a testbed: installed packages, metadata entries, files that cases ask for.

use std::collections::{BTreeMap, BTreeSet};

use pmsts_testcases::model::{Build, Operation, Step};
use pmsts_testcases::{
    BuildInstance, Check, FileKind, FileSeen, Instance, StepEnd, StepObserved, Value, What,
};

use super::crash::crash;
use crate::adapter::Setup;
use crate::record::output_tail::OutputTail;
use crate::schedule::Stamps;

/// What is at the paths that were looked at.
pub(crate) type Seen = BTreeMap<String, FileSeen>;

/// What to read for one build after a step, and where.
pub(crate) struct Wanted<'a> {
    /// The build.
    pub build: &'a BuildInstance,
    /// Its instances.
    pub instances: &'a [&'a Instance],
    /// The step that ended.
    pub step: &'a Step,
    /// The paths that the package manager uses.
    pub setup: &'a Setup,
}

/// How the command of the step ended.
pub(crate) struct Ended<'a> {
    /// Its end, as the operation counts it.
    pub end: StepEnd,
    /// Whether other builds shared it.
    pub shared: bool,
    /// The vdb entries before the step.
    pub before: Option<&'a Stamps>,
    /// The paths requested from the testbed's server.
    pub requests: &'a [String],
    /// The signal that ended the command.
    pub signal: Option<i32>,
    /// What the package manager printed.
    pub output: &'a OutputTail,
}

impl Wanted<'_> {
    /// The paths to look at.
    pub(crate) fn paths(&self) -> BTreeSet<String> {
        let mut paths: BTreeSet<String> = self.files().into_iter().collect();
        for handle in self.build.build.ebuilds.keys() {
            let Some(entry) = self.vdb_entry(handle) else {
                continue;
            };
            paths.extend(
                self.vdb_names()
                    .iter()
                    .map(|name| format!("{entry}/{name}")),
            );
            paths.insert(entry);
            paths.extend(self.cache_entry(handle));
        }
        paths
    }

    /// What the step left for the build. If other builds shared it, a failed command does not mean that this build
    /// failed; what is installed shows it.
    pub(crate) fn collect(&self, seen: &Seen, ended: &Ended<'_>) -> StepObserved {
        let vdb = self.vdb(seen);
        let stamps = self.stamps(seen, &vdb);
        let end = match (&ended.end, self.fulfilled(&vdb, &stamps, ended.before)) {
            // Other builds may have failed; for this one the operation was carried out.
            (StepEnd::Failed(_), true) if ended.shared && self.moves() => StepEnd::Succeeded,
            // Some package managers exit with 0 whatever happened.
            (StepEnd::Succeeded, false) => StepEnd::Failed(
                "it exited with success, but has not done what it was asked to do".to_owned(),
            ),
            (other, _) => other.clone(),
        };
        let failed = matches!(end, StepEnd::Failed(_));
        StepObserved {
            crash: failed
                .then(|| crash(ended.signal, &ended.output.of_step()))
                .flatten(),
            end,
            facts: Vec::new(),
            output: self
                .asks(&What::Output)
                .then(|| ended.output.of_step().into()),
            requests: ended.requests.to_vec(),
            files: self
                .files()
                .into_iter()
                .map(|path| {
                    let file = seen.get(&path).cloned().unwrap_or_else(FileSeen::absent);
                    (path, file)
                })
                .collect(),
            stamps,
            metadata: self.metadata(seen),
            vdb,
        }
    }

    fn pf(&self, handle: &str) -> Option<String> {
        let ebuild = self.build.build.ebuilds.get(handle)?;
        Some(format!(
            "{}/{}",
            self.build.category(ebuild),
            self.build.pf(ebuild)
        ))
    }

    fn vdb_entry(&self, handle: &str) -> Option<String> {
        Some(format!("{}/{}", self.setup.vdb, self.pf(handle)?))
    }

    /// The entry of the metadata cache, where the step writes one.
    fn cache_entry(&self, handle: &str) -> Option<String> {
        let asked = self.step.operation == Operation::Metadata;
        asked.then(|| {
            Some(format!(
                "{}/{}",
                self.setup.metadata_cache,
                self.pf(handle)?
            ))
        })?
    }

    /// The files of vdb entries that cases ask for.
    fn vdb_names(&self) -> BTreeSet<&str> {
        let expected = self.instances.iter().flat_map(|i| &i.expect);
        let names = expected.filter_map(|(address, _)| match &address.what {
            What::Vdb(name) => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    }

    fn asks(&self, what: &What) -> bool {
        let mut expected = self.instances.iter().flat_map(|i| &i.expect);
        expected.any(|(address, _)| address.what == *what)
    }

    /// The vdb entries of every ebuild that is installed, by handle.
    fn vdb(&self, seen: &Seen) -> BTreeMap<String, BTreeMap<String, Value>> {
        let mut installed = BTreeMap::new();
        for handle in self.build.build.ebuilds.keys() {
            let Some(entry) = self.vdb_entry(handle) else {
                continue;
            };
            if seen
                .get(&entry)
                .is_none_or(|it| it.kind != FileKind::Directory)
            {
                continue;
            }
            let names = self.vdb_names().into_iter();
            let entries = names.filter_map(|name| {
                let value = seen.get(&format!("{entry}/{name}"))?.content.clone()?;
                Some((name.to_owned(), without_newline(value)))
            });
            installed.insert(handle.clone(), entries.collect());
        }
        installed
    }

    fn metadata(&self, seen: &Seen) -> BTreeMap<String, BTreeMap<String, Value>> {
        let entry = |handle: &String| {
            let content = seen.get(&self.cache_entry(handle)?)?.content.as_ref()?;
            Some((handle.clone(), md5_dict(content)))
        };
        self.build.build.ebuilds.keys().filter_map(entry).collect()
    }

    /// The files that cases ask for after this step.
    fn files(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for (address, check) in self.instances.iter().flat_map(|i| &i.expect) {
            let step = address.step_in(&self.build.build);
            if let (What::File(path), true) = (&address.what, step == Some(self.step.name.as_str()))
            {
                paths.insert(path.clone());
                if let Check::File(file) = check {
                    paths.extend(file.same_inode.clone());
                }
            }
        }
        paths
    }

    /// Whether the vdb alone shows if the operation was carried out.
    fn moves(&self) -> bool {
        self.step.operation.merges() || self.step.operation == Operation::Uninstall
    }

    fn stamps(&self, seen: &Seen, vdb: &BTreeMap<String, BTreeMap<String, Value>>) -> Stamps {
        let stamp = |handle: &String| {
            let seen = seen.get(&self.vdb_entry(handle)?)?;
            Some((handle.clone(), (seen.inode.1, seen.mtime.0, seen.mtime.1)))
        };
        vdb.keys().filter_map(stamp).collect()
    }

    /// Whether the operation was carried out for every package. For operations that do not change the vdb, only the
    /// exit status shows it.
    fn fulfilled(
        &self,
        vdb: &BTreeMap<String, BTreeMap<String, Value>>,
        stamps: &Stamps,
        before: Option<&Stamps>,
    ) -> bool {
        let Build { ebuilds, .. } = &self.build.build;
        let mut handles = self
            .step
            .packages
            .iter()
            .filter(|t| ebuilds.contains_key(*t));
        let is_new = |handle: &String| {
            let old = before.and_then(|before| before.get(handle));
            vdb.contains_key(handle) && stamps.get(handle) != old
        };
        match self.step.operation {
            Operation::Uninstall => handles.all(|handle| !vdb.contains_key(handle)),
            operation if operation.merges() => handles.all(is_new),
            // The binary package is for later: merging it is not what was asked.
            Operation::Package => handles.all(|handle| !is_new(handle)),
            _ => true,
        }
    }
}

/// Removes the newline at the end of a vdb file, which is not part of the value.
fn without_newline(value: Value) -> Value {
    let mut bytes = value.0;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Value(bytes)
}

/// An md5-dict entry: lines `KEY=value`.
fn md5_dict(entry: &Value) -> BTreeMap<String, Value> {
    entry
        .0
        .split(|b| *b == b'\n')
        .filter_map(|line| {
            let mark = line.iter().position(|b| *b == b'=')?;
            let key = String::from_utf8_lossy(&line[..mark]).into_owned();
            Some((key, Value(line[mark + 1..].to_vec())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_cache_is_read_line_by_line() {
        let entry = md5_dict(&"SLOT=0\nIUSE=a b\nRDEPEND=\n_md5_=x=y\n".into());
        assert_eq!(entry["IUSE"], Value::from("a b"));
        assert_eq!(entry["RDEPEND"], Value::from(""));
        assert_eq!(entry["_md5_"], Value::from("x=y"));
        assert_eq!(entry.len(), 4);
    }
}

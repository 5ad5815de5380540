//! Reads what a step left in a testbed: installed packages, metadata entries, files that cases ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::BorrowedFd;

use pmsts_testcases::model::{Build, Operation, Step};
use pmsts_testcases::{BuildInstance, Check, Instance, StepEnd, StepObserved, Value, What};

use super::crash::crash;
use crate::adapter::Setup;
use crate::record::output_tail::OutputTail;
use crate::schedule::Stamps;
use crate::testbed::tree;

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
    /// The vdb entries before the step.
    pub before: Option<&'a Stamps>,
    /// The paths requested from the testbed's server.
    pub requests: &'a [String],
    /// The signal that ended the command.
    pub signal: Option<i32>,
    /// What the package manager printed.
    pub output: &'a OutputTail,
}

/// Reads what the step left for one build. `end` is how the command ended; `shared` is whether other builds shared it.
/// If so, a failed command does not mean that this build failed; what is installed shows it.
pub(crate) fn collect(
    wanted: &Wanted<'_>,
    root: BorrowedFd<'_>,
    end: &StepEnd,
    shared: bool,
) -> io::Result<StepObserved> {
    let vdb = wanted.vdb(root)?;
    let stamps = wanted.stamps(root, &vdb)?;
    let end = match (end, wanted.fulfilled(&vdb, &stamps)) {
        // Other builds may have failed; for this one the operation was carried out.
        (StepEnd::Failed(_), true) if shared && wanted.moves() => StepEnd::Succeeded,
        // Some package managers exit with 0 whatever happened.
        (StepEnd::Succeeded, false) => StepEnd::Failed(
            "it exited with success, but has not done what it was asked to do".to_owned(),
        ),
        (other, _) => other.clone(),
    };
    Ok(StepObserved {
        crash: wanted.crash(&end),
        end,
        facts: Vec::new(),
        output: wanted.output(),
        requests: wanted.requests.to_vec(),
        files: wanted.files(root)?,
        stamps,
        metadata: wanted.metadata(root)?,
        vdb,
    })
}

impl Wanted<'_> {
    fn pf(&self, handle: &str) -> Option<String> {
        let ebuild = self.build.build.ebuilds.get(handle)?;
        Some(format!(
            "{}/{}",
            self.build.category(ebuild),
            self.build.pf(ebuild)
        ))
    }

    /// The vdb entries of every ebuild that is installed, by handle.
    fn vdb(&self, root: BorrowedFd<'_>) -> io::Result<BTreeMap<String, BTreeMap<String, Value>>> {
        let mut installed = BTreeMap::new();
        for handle in self.build.build.ebuilds.keys() {
            let Some(pf) = self.pf(handle) else { continue };
            let dir = format!("{}/{pf}", self.setup.vdb);
            let Some(names) = tree::files(root, &dir)? else {
                continue;
            };
            let mut entries = BTreeMap::new();
            for name in names.into_iter().filter(|name| self.asks_vdb(name)) {
                if let Some(value) = tree::read(root, &format!("{dir}/{name}"))? {
                    entries.insert(name, without_newline(value));
                }
            }
            installed.insert(handle.clone(), entries);
        }
        Ok(installed)
    }

    fn output(&self) -> Option<Value> {
        let mut expected = self.instances.iter().flat_map(|i| &i.expect);
        let asked = expected.any(|(address, _)| address.what == What::Output);
        asked.then(|| self.output.of_step().into())
    }

    /// How the package manager crashed, if the step failed.
    fn crash(&self, end: &StepEnd) -> Option<String> {
        let failed = matches!(end, StepEnd::Failed(_));
        failed.then(|| crash(self.signal, &self.output.of_step()))?
    }

    fn asks_vdb(&self, name: &str) -> bool {
        let mut expected = self.instances.iter().flat_map(|i| &i.expect);
        expected.any(|(address, _)| address.what == What::Vdb(name.to_owned()))
    }

    fn metadata(
        &self,
        root: BorrowedFd<'_>,
    ) -> io::Result<BTreeMap<String, BTreeMap<String, Value>>> {
        let mut metadata = BTreeMap::new();
        if self.step.operation != Operation::Metadata {
            return Ok(metadata);
        }
        for handle in self.build.build.ebuilds.keys() {
            let Some(pf) = self.pf(handle) else { continue };
            let path = format!("{}/{pf}", self.setup.metadata_cache);
            if let Some(entry) = tree::read(root, &path)? {
                metadata.insert(handle.clone(), md5_dict(&entry));
            }
        }
        Ok(metadata)
    }

    fn files(
        &self,
        root: BorrowedFd<'_>,
    ) -> io::Result<BTreeMap<String, pmsts_testcases::FileSeen>> {
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
            .into_iter()
            .map(|path| Ok((path.clone(), tree::look(root, &path)?)))
            .collect()
    }

    /// Whether the vdb alone shows if the operation was carried out.
    fn moves(&self) -> bool {
        self.step.operation.merges() || self.step.operation == Operation::Uninstall
    }

    fn stamps(
        &self,
        root: BorrowedFd<'_>,
        vdb: &BTreeMap<String, BTreeMap<String, Value>>,
    ) -> io::Result<Stamps> {
        let mut stamps = BTreeMap::new();
        for handle in vdb.keys() {
            let Some(pf) = self.pf(handle) else { continue };
            let seen = tree::look(root, &format!("{}/{pf}", self.setup.vdb))?;
            stamps.insert(handle.clone(), (seen.inode.1, seen.mtime.0, seen.mtime.1));
        }
        Ok(stamps)
    }

    /// Whether the operation was carried out for every package. For operations that do not change the vdb, only the
    /// exit status shows it.
    fn fulfilled(&self, vdb: &BTreeMap<String, BTreeMap<String, Value>>, stamps: &Stamps) -> bool {
        let Build { ebuilds, .. } = &self.build.build;
        let mut handles = self
            .step
            .packages
            .iter()
            .filter(|t| ebuilds.contains_key(*t));
        let is_new = |handle: &String| {
            let old = self.before.and_then(|before| before.get(handle));
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

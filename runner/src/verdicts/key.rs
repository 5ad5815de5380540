//! The key of kept verdicts: a checksum of all that they depend on, except the rendered builds. Verdicts with the same
//! key and build are the same.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use walkdir::{DirEntry, WalkDir};

use super::Earlier;
use crate::provision::{MANIFEST, Provenance};
use crate::record::host::host_info;
use crate::target::Target;

/// Directories of the machine's programs, which testbeds show: installing or replacing one changes its
/// directory.
const PROGRAMS: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin"];

/// The keys of a run's targets.
pub(super) struct Keys(Hash);

impl Keys {
    /// Starts with the checksum of what all targets have in common.
    pub(super) fn new(earlier: &Earlier<'_>) -> io::Result<Self> {
        let mut hash = Hash(Sha256::new());
        // The executable contains the whole suite: cases, templates, adapters, testbed and judge.
        hash.file(Path::new("/proc/self/exe"))?;
        if let Some(dir) = earlier.cases {
            hash.tree(dir)?;
        }
        hash.text(&[
            &format!("{:?}", (earlier.limits, earlier.room)),
            &format!("{:?}", host_info()),
        ]);
        for dir in PROGRAMS {
            let changed = fs::metadata(dir).and_then(|dir| dir.modified());
            hash.text(&[&format!("{:?}", changed.ok())]);
        }
        Ok(Self(hash))
    }

    /// The key of a target; `None` for a package manager installed on the machine, as its files are not known.
    pub(super) fn of(&self, target: &Target) -> io::Result<Option<String>> {
        let mut hash = self.0.clone();
        let it = &target.provisioned;
        match it.kind {
            Provenance::Path => return Ok(None),
            Provenance::Registry => hash.file(&it.prefix.join(MANIFEST))?,
            Provenance::Dir => hash.tree(&it.prefix)?,
        }
        let what = (&it.spec, &it.version, &it.python, &target.adapter);
        hash.text(&[&format!("{what:?}")]);
        for bash in [Some(&target.bash), target.newer_bash.as_ref()]
            .into_iter()
            .flatten()
        {
            hash.text(&[&bash.version.to_string()]);
            hash.file(&bash.path)?;
        }
        Ok(Some(hash.finish()))
    }
}

#[derive(Clone)]
struct Hash(Sha256);

impl Hash {
    fn text(&mut self, texts: &[&str]) {
        for text in texts {
            self.0.update(text.len().to_le_bytes());
            self.0.update(text);
        }
    }

    fn file(&mut self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        self.0.update(file.metadata()?.len().to_le_bytes());
        io::copy(&mut file, &mut Writer(&mut self.0))?;
        Ok(())
    }

    /// Adds every file below a directory, except those of version control and Python's caches.
    fn tree(&mut self, dir: &Path) -> io::Result<()> {
        let kept =
            |entry: &DirEntry| entry.file_name() != ".git" && entry.file_name() != "__pycache__";
        for entry in WalkDir::new(dir)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(kept)
        {
            let entry = entry?;
            self.text(&[&entry.path().display().to_string()]);
            if entry.file_type().is_file() {
                self.file(entry.path())?;
            } else if entry.path_is_symlink() {
                self.text(&[&fs::read_link(entry.path())?.display().to_string()]);
            }
        }
        Ok(())
    }

    fn finish(self) -> String {
        let bytes = self.0.finalize();
        bytes
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

struct Writer<'a>(&'a mut Sha256);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

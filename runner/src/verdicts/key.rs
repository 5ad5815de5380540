//! The keys of earlier results, as checksums. Observations depend on the package manager, its Bash and adapter, the limits,
//! what of the machine a testbed shows, and the code of pmsts that observes; verdicts also on the whole program.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use walkdir::{DirEntry, WalkDir};

use super::Earlier;
use crate::adapter::PROGRAM_DIRS;
use crate::provision::{MANIFEST, Provenance};
use crate::target::Target;
use crate::testbed::spec::Root;

/// Checksum of the code that renders adapters, opens testbeds and observes, as `build.rs` found it.
const OBSERVER: &str = env!("PMSTS_OBSERVER");

/// The keys of a target.
#[derive(Debug, Clone)]
pub(super) struct TargetKeys {
    /// What its observations depend on, beside the builds.
    pub observations: String,
    /// What its verdicts depend on, beside the builds.
    pub verdicts: String,
}

/// The keys of a run's targets.
pub(super) struct Keys {
    common: Hash,
    program: String,
}

impl Keys {
    /// Starts with the checksum of what all targets have in common.
    pub(super) fn new(earlier: &Earlier<'_>) -> io::Result<Self> {
        let mut common = Hash(Sha256::new());
        common.text(&[OBSERVER, &format!("{:?}", (earlier.limits, earlier.room))]);
        let mut program = Hash(Sha256::new());
        program.file(Path::new("/proc/self/exe"))?;
        if let Some(dir) = earlier.cases {
            program.tree(dir)?;
        }
        Ok(Self {
            common,
            program: program.finish(),
        })
    }

    /// The keys of a target; `None` for a package manager installed on the machine, as its files are not known.
    pub(super) fn of(&self, target: &Target) -> io::Result<Option<TargetKeys>> {
        let mut hash = self.common.clone();
        match (&target.ground.digest, &target.ground.root) {
            (Some(digest), _) => hash.text(&[digest]),
            (None, Root::Tree(dir)) => hash.tree(dir)?,
            (None, _) => hash.root(),
        }
        hash.text(&[&target.ground.kind(), &target.sandbox.to_string()]);
        let it = &target.provisioned;
        match it.kind {
            Provenance::Path => return Ok(None),
            Provenance::Registry => hash.packages(&it.prefix.join(MANIFEST))?,
            Provenance::Dir => hash.tree(&it.prefix)?,
        }
        let python = it.python.as_ref().map(|python| &python.version);
        let what = (&it.pm, &it.version, python, &target.adapter);
        hash.text(&[&format!("{what:?}")]);
        for bash in [Some(&target.bash), target.newer_bash.as_ref()]
            .into_iter()
            .flatten()
        {
            hash.text(&[&bash.version.to_string()]);
            hash.file(&bash.path)?;
        }
        let observations = hash.clone().finish();
        hash.text(&[&self.program]);
        Ok(Some(TargetKeys {
            observations,
            verdicts: hash.finish(),
        }))
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

    /// Adds the packages of a release's environment, which its manifest lists.
    fn packages(&mut self, manifest: &Path) -> io::Result<()> {
        let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest)?)?;
        self.text(&[&manifest["packages"].to_string()]);
        Ok(())
    }

    /// Adds what testbeds show of the machine: the distribution, and its programs. Which of them are installed, and in
    /// which size, stands for the machine's packages, and is the same on two machines that have the same. pmsts itself
    /// may be among them, in several versions, and plays no part in a testbed. Sizes of directories depend on the file
    /// system.
    fn root(&mut self) {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        self.text(&[&release]);
        for dir in PROGRAM_DIRS {
            let files = WalkDir::new(dir).follow_root_links(false).max_depth(1);
            for entry in files.sort_by_file_name().into_iter().flatten() {
                let name = entry.file_name().to_string_lossy();
                if entry.file_type().is_dir() || name.starts_with("pmsts") {
                    continue;
                }
                let size = entry.metadata().map_or(0, |meta| meta.len());
                self.text(&[&entry.path().to_string_lossy(), &size.to_string()]);
            }
        }
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
            let inside = entry.path().strip_prefix(dir).unwrap_or(entry.path());
            self.text(&[&inside.display().to_string()]);
            if entry.file_type().is_file() {
                self.file(entry.path())?;
            } else if entry.path_is_symlink() {
                // Where a link leads inside the directory does not depend on where the directory is.
                let to = fs::read_link(entry.path())?;
                self.text(&[&to.strip_prefix(dir).unwrap_or(&to).display().to_string()]);
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

//! Where programs are looked for and asked: on this machine, or in another root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pep440_rs::Version;

use super::command::guarded;
use super::provisioned::{Provenance, Provisioned};
use super::venv::PythonInfo;
use crate::testbed::Within;

/// Directories of another root's programs, in the order in which they are looked through.
const BIN_DIRS: [&str; 6] = [
    "/usr/local/bin",
    "/usr/bin",
    "/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
];

/// Where programs are looked for and asked.
#[derive(Debug, Clone, Default)]
pub enum Place {
    /// This machine.
    #[default]
    Machine,
    /// Another root.
    Other(Within),
}

impl Place {
    /// The path of a program, as it is seen there.
    pub(super) fn which(&self, program: &str) -> Option<PathBuf> {
        match self {
            Self::Machine => which::which(program).ok(),
            Self::Other(within) => BIN_DIRS
                .iter()
                .map(|dir| Path::new(dir).join(program))
                .find(|path| within.outside(path).is_file()),
        }
    }

    /// The path without links, as it is seen there.
    pub(super) fn resolved(&self, path: &Path) -> Option<PathBuf> {
        match self {
            Self::Machine => path.canonicalize().ok(),
            Self::Other(within) => within.resolved(path),
        }
    }

    /// A command of a program there.
    pub(super) fn command(&self, program: &Path) -> Command {
        match self {
            Self::Machine => guarded(program),
            Self::Other(within) => {
                let words = within.words(program);
                let mut command = guarded(&words[0]);
                command.args(&words[1..]);
                command
            }
        }
    }

    /// Lets a package manager that was installed on this machine run with the interpreter there, where that is another
    /// one: returns the links that do it.
    pub fn fit(&self, it: &mut Provisioned) -> Vec<(PathBuf, PathBuf)> {
        let Self::Other(within) = self else {
            return Vec::new();
        };
        let own = it.python.as_ref().is_some_and(|own| self.has(&own.path));
        if own || it.kind == Provenance::Path {
            return Vec::new();
        }
        let found = self
            .which("python3")
            .and_then(|path| within.resolved(&path));
        let Some(python) = found else {
            return Vec::new();
        };
        // The name `python3.12` says enough of its version.
        let name = python
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut links = Vec::new();
        if it.kind == Provenance::Registry {
            links.push((it.bin.join("python"), python.clone()));
            let modules = it.site_packages.as_ref().and_then(|it| it.parent());
            if let (Some(lib), Some(old)) = (
                modules.and_then(Path::parent),
                modules.and_then(Path::file_name),
            ) && old != name.as_str()
            {
                links.push((lib.join(&name), old.into()));
            }
        }
        it.python = Some(PythonInfo {
            version: version_in(&name),
            path: python,
        });
        links
    }

    /// The content of a file there.
    pub(super) fn read(&self, path: &Path) -> Option<Vec<u8>> {
        match self {
            Self::Machine => fs::read(path).ok(),
            Self::Other(within) => fs::read(within.outside(path)).ok(),
        }
    }

    /// Whether there is a file.
    pub(super) fn has(&self, path: &Path) -> bool {
        match self {
            Self::Machine => path.is_file(),
            Self::Other(within) => within.outside(path).is_file(),
        }
    }
}

/// The version in the name of an interpreter: `python3.12`.
fn version_in(name: &str) -> Version {
    let version = name.trim_start_matches("python").parse();
    version.unwrap_or_else(|_| Version::new([3]))
}

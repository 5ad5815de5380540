//! A package manager that can be run: where it is, and which version it has.

use std::path::PathBuf;

use serde::Serialize;

use super::cache::Lease;
use super::spec::Spec;
use super::venv::PythonInfo;

/// A package manager that can be run.
#[derive(Debug, Clone, Serialize)]
pub struct Provisioned {
    /// The exact specification, never a range: `portage@3.0.83`.
    #[serde(serialize_with = "as_text")]
    pub spec: Spec,
    /// Package manager.
    pub pm: String,
    /// Its version; `unknown` where it does not tell.
    pub version: String,
    /// Where it comes from.
    pub kind: Provenance,
    /// What it is installed below: the virtual environment, the prefix, the checkout.
    pub prefix: PathBuf,
    /// The directory of its programs.
    pub bin: PathBuf,
    /// Its main program.
    pub program: PathBuf,
    /// Its interpreter, where it has one.
    pub python: Option<PythonInfo>,
    /// The directory of its Python modules, where it has any.
    pub site_packages: Option<PathBuf>,
    /// What a reader of results must know of the choice, a sentence each.
    pub notes: Vec<String>,
    #[serde(skip)]
    #[expect(dead_code, reason = "held for as long as this lives")]
    pub(super) lease: Option<Lease>,
}

/// Where a [`Provisioned`] package manager comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// From the package index, in the cache.
    Registry,
    /// From PATH.
    Path,
    /// A directory of the user's.
    Dir,
}

fn as_text<S: serde::Serializer>(spec: &Spec, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(spec)
}

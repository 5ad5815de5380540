//! A package manager that can be run, with its place and version.

use std::collections::BTreeMap;
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
    /// Its version; `unknown` if it does not report one.
    pub version: String,
    /// Where it comes from.
    pub kind: Provenance,
    /// Its prefix: the virtual environment, the installation prefix or the checkout.
    pub prefix: PathBuf,
    /// The directory of its programs.
    pub bin: PathBuf,
    /// Its main program.
    pub program: PathBuf,
    /// Its interpreter, if it has one.
    pub python: Option<PythonInfo>,
    /// The directory of its Python modules, if it has any.
    pub site_packages: Option<PathBuf>,
    /// The packages that it depends on, with their versions, as far as they are known.
    pub dependencies: BTreeMap<String, String>,
    /// Notes on the choice for readers of results, one sentence each.
    pub notes: Vec<String>,
    #[serde(skip)]
    #[expect(dead_code, reason = "dropping it releases the lock")]
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

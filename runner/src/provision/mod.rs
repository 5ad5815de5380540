//! Gets what a run needs onto the machine: package managers in given versions, and a Bash.
//!
//! [`Provisioner`] turns what the user asked for ([`Spec`]) into [`Provisioned`] package managers,
//! [`bash::provide`] does the same for Bash. Both work below a [`Cache`], tell a [`Monitor`] what they
//! do, and leave nothing half-made. What is in the cache is handed out without touching the network.

mod apt;
pub mod bash;
mod cache;
pub(crate) mod command;
mod error;
mod local;
mod order;
mod pip;
mod progress;
mod provisioner;
pub mod python;
mod recipe;
mod registry;
mod scratch;
mod side_by_side;
mod sources;
mod spec;
mod stored;
mod venv;

use std::path::PathBuf;

use serde::Serialize;

use cache::Lease;

pub use cache::Cache;
pub(crate) use cache::MANIFEST;
pub use error::Error;
pub use progress::{Monitor, Progress};
pub use provisioner::Provisioner;
pub use recipe::{BashRule, PythonRule, Recipe, VersionSource};
pub use spec::{Pick, Source, Spec, SpecError};
pub use venv::{Manifest, Package, PythonInfo};

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
    lease: Option<Lease>,
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

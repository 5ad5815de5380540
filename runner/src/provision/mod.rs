//! Gets what a run needs onto the machine: package managers in given versions, and a Bash.
//!
//! [`Provisioner`] turns what the user asked for ([`Spec`]) into [`Provisioned`] package managers,
//! [`bash::provide`] does the same for Bash. Both work below a [`Cache`], tell a [`Monitor`] what they
//! do, and leave nothing half-made. What is in the cache is handed out without touching the network.

mod apt;
pub mod bash;
mod bash_version;
mod cache;
pub(crate) mod command;
mod error;
mod local;
mod order;
mod pip;
mod progress;
mod provisioned;
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

pub use bash_version::BashVersion;
pub use cache::Cache;
pub(crate) use cache::MANIFEST;
pub use error::Error;
pub use progress::{Monitor, Progress};
pub use provisioned::{Provenance, Provisioned};
pub use provisioner::Provisioner;
pub use recipe::{BashRule, PythonRule, Recipe, VersionSource};
pub use spec::{Pick, Source, Spec, SpecError};
pub use venv::{Manifest, Package, PythonInfo};

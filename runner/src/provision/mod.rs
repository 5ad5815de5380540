//! Provisioning: finds or installs the package managers in the versions that a run tests, and a Bash.
//!
//! [`Provisioner`] turns specifications of the user ([`Spec`]) into [`Provisioned`] package managers;
//! [`bash::provide`] provides a Bash. Both work in a [`Cache`], report to a [`Monitor`], and leave nothing
//! incomplete. Entries of the cache are used without the network.

mod apt;
pub mod bash;
mod bash_version;
mod cache;
mod checkout;
pub(crate) mod command;
mod crates;
mod error;
mod local;
mod order;
mod pip;
mod place;
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
pub mod trees;
mod uv;
mod variant;
mod venv;

pub use bash_version::BashVersion;
pub use cache::Cache;
pub(crate) use cache::MANIFEST;
pub use error::Error;
pub use place::Place;
pub use progress::{Monitor, Progress};
pub use provisioned::{Provenance, Provisioned};
pub use provisioner::Provisioner;
pub use recipe::{BashRule, BrokenRule, PythonRule, Recipe, VersionSource};
pub use spec::{Pick, Source, Spec, SpecError};
pub use venv::{Dependencies, Manifest, Package, PythonInfo};

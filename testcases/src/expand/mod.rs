//! Expands cases into instances: a case in one EAPI and on one row, without placeholders.

mod build;
mod expander;
mod instance;
mod names;
mod packages;
mod rows;

pub use expander::{ExpandError, Variant, expand, expand_for};
pub use instance::{BuildInstance, Expanded, Instance};

//! The record of a run, and everything that is made from it: reports for people and machine-readable output.
//!
//! The crate needs only `results.json`, not the runner.

pub mod compare;
mod describe;
pub mod findings;
pub mod formats;
pub mod merge;
pub mod record;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
pub mod store;
pub mod version;

pub use describe::repeat::options as repeat_options;
pub use describe::why;

//! Loads the catalogue and the case files, and reports all of their faults with file, line and column.

mod attributes;
mod build;
mod case;
mod check;
mod content;
mod context;
mod ebuild;
mod error;
mod expect;
mod fallible;
mod fault;
mod file;
mod item;
mod nearest;
mod requirements;
mod steps;
mod suite;
mod table;
mod unique;
mod vectors;

pub use error::{LoadError, SuiteError, position};
pub use suite::PMS_REVISION;

//! The contents of a case file as types. Texts still contain their placeholders.

mod address;
mod build;
mod case;
mod config;
mod content;
mod eapi;
mod expect;
mod step;
mod value;
mod words;

pub use address::{Address, AddressError, What};
pub use build::{Build, Ebuild, Helper};
pub use case::{Case, Origin, Row, Vectors};
pub use config::Config;
pub use content::{Content, ContentKind, Distfile, DistfileBody, ManifestEntry, Served};
pub use eapi::{Eapi, EapiError, EapiSet};
pub use expect::{Check, Ending, Expectation, FileCheck, FileKind, Pattern};
pub use step::{Operation, Step};
pub use value::Value;
pub(crate) use words::is_name;
pub use words::{MAIN, PHASES, SERVER, is_phase};

//! Loads, selects, expands and judges the cases of the PMS Test Suite, and the requirements of the PMS
//! that they verify.
//!
//! This crate runs no package manager and opens no testbed.

mod coverage;
mod expand;
mod hash;
mod inputs;
mod judge;
mod load;
pub mod model;
pub mod pms;
mod requirement;
mod sabotage;
mod section;
mod select;
pub mod spec;
mod suite;

pub use coverage::{Coverage, coverage, percent};
pub use expand::{BuildInstance, ExpandError, Expanded, Instance, Variant, expand, expand_for};
pub use inputs::{Class, Inputs, inputs};
pub use judge::{
    Compared, Fact, FileSeen, Judgement, Observed, Outcome, Said, StepEnd, StepObserved, Verdict,
    judge,
};
pub use load::{LoadError, PMS_REVISION, SuiteError, position};
pub use model::{
    Address, AddressError, Check, Eapi, EapiError, EapiSet, Ending, Expectation, FileCheck,
    FileKind, Pattern, Value, What,
};
pub use requirement::{Catalogue, Level, Requirement, Subject, Testable};
pub use sabotage::{Sabotage, noticed, noticed_for_sure, notices_altered, sabotages};
pub use section::{PMS_PAGE, Section};
pub use select::{EapiChoice, GlobError, Partition, Selection, select, why_nothing};
pub use suite::Suite;

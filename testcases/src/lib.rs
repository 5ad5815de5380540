//! The cases of the PMS Test Suite and the requirements they verify: loaded, selected, judged.
//!
//! A leaf: nothing here runs a package manager or touches a testbed.

mod address;
mod coverage;
mod eapi;
mod expand;
mod expect;
mod instance;
mod judge;
mod load;
pub mod model;
mod names;
mod observed;
mod partition;
mod requirement;
mod sabotage;
mod select;
mod value;
mod verdict;

pub use address::{Address, AddressError, What};
pub use coverage::{Coverage, coverage};
pub use eapi::{Eapi, EapiError, EapiSet};
pub use expect::{Check, Ending, Expectation, FileCheck, FileKind, Pattern};
pub use instance::{BuildInstance, ExpandError, Expanded, Instance, Variant, expand, instance_id};
pub use judge::judge;
pub use load::{LoadError, PMS_REVISION, Suite, SuiteError, position};
pub use names::UnknownName;
pub use observed::{Fact, FileSeen, Observed, Said, StepEnd, StepObserved};
pub use partition::Partition;
pub use requirement::{Catalogue, Level, Requirement, Subject, Testable};
pub use sabotage::{Sabotage, noticed, noticed_for_sure, notices_altered, sabotages};
pub use select::{EapiChoice, GlobError, Selection, select, why_nothing};
pub use value::Value;
pub use verdict::{Compared, Judgement, Outcome, Verdict};

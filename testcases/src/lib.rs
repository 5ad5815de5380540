//! The cases of the PMS Test Suite and the requirements they verify: loaded, selected, judged.
//!
//! A leaf: nothing here runs a package manager or touches a testbed.

mod value;
mod verdict;

pub use value::Value;
pub use verdict::{Finding, Judgement, Outcome, Verdict};

//! The record of a run, and everything that is made from it: pages and machine-readable output.
//!
//! Works from `results.json` alone; the runner is not needed.

mod alike;
pub mod badge;
mod category;
pub mod compare;
mod diff;
pub mod github;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod merge;
pub mod record;
mod repeat;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
pub mod shards;
pub mod store;
pub mod tap;
pub mod terminal;
mod text;
pub mod version;

use pmsts_testcases::Verdict;

use record::Instance;

/// Why an instance did not pass, in one sentence that is safe to show; none where it did.
pub fn why(instance: &Instance) -> Option<String> {
    let silent = matches!(instance.verdict, Verdict::Passed | Verdict::Recorded);
    (!silent).then(|| text::line(&alike::why(instance)))
}

//! Describes an instance to readers: its category, why it has its verdict, the command that runs it again, and its
//! values as safe text. Every output format uses these words.

pub(crate) mod alike;
pub(crate) mod category;
pub(crate) mod diff;
pub(crate) mod repeat;
pub(crate) mod text;

use pmsts_testcases::Verdict;

use crate::record::Instance;

/// The warning about an interrupted run.
pub(crate) const INTERRUPTED: &str =
    "interrupted: not all cases ran, so the results are incomplete";

/// Why an instance did not pass, in one sentence that is safe to show; `None` where it passed or was recorded.
pub fn why(instance: &Instance) -> Option<String> {
    let silent = matches!(instance.verdict, Verdict::Passed | Verdict::Recorded);
    (!silent).then(|| text::line(&alike::why(instance)))
}

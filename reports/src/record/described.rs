//! JSON schemas of the types that a record takes from the crate `pmsts-testcases`, which does not depend on
//! schemars. A test compares them with the types that they describe.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The verdict on an instance.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// Every expectation was observed and holds.
    Passed,
    /// An observation differs from what the PMS requires.
    Failed,
    /// A required observation is missing.
    NotObserved,
    /// A step reached its time limit.
    TimedOut,
    /// A known finding of another case ended the build before it could be judged.
    Blocked,
    /// The test harness or its set-up broke; this says nothing about the package manager.
    Error,
    /// Not run, for the reason given.
    Skipped,
    /// The package manager does not claim the EAPI, or lacks the operation.
    Unsupported,
    /// The PMS leaves the behaviour open: the observations are kept for comparison.
    Recorded,
}

/// One expectation and the observation that it was compared with.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compared {
    /// The observation's address, as in the case file: `src_install.link`.
    address: String,
    /// The expectation, in words.
    expected: String,
    /// The expected value, where it is one exact text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exact: Option<Value>,
    /// The observed value; absent where nothing was observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actual: Option<Value>,
    /// The result of the comparison.
    outcome: Outcome,
    /// How far the step got, where the observation is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// The result of one comparison.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// The expectation holds.
    Met,
    /// The observed value differs.
    Differs,
    /// Nothing was observed.
    Missing,
    /// The value was recorded, not judged.
    Recorded,
}

/// An observed value: text, or bytes that are not UTF-8.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Value {
    Text(String),
    Binary {
        /// The bytes, two hexadecimal digits each.
        hex: String,
    },
}

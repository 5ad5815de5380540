//! Keeps `results.schema.json` true. What the cases' crate writes into a record is described here
//! once more, as that crate needs no schema; the tests hold the two together.

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::record::Results;
use crate::sample;

/// The verdict on an instance.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// Every expectation was observed and holds.
    Passed,
    /// Something observed differs from what the PMS asks for.
    Failed,
    /// An observation that must come did not come.
    NotObserved,
    /// A step reached its time limit.
    TimedOut,
    /// The harness or the set-up broke; says nothing about the package manager.
    Error,
    /// Not run, for a reason that is given.
    Skipped,
    /// The package manager does not claim the EAPI, or lacks the operation.
    Unsupported,
    /// The PMS leaves it open: what was seen is kept for comparison.
    Recorded,
}

/// One expectation beside what was observed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compared {
    /// The observation's address, as in the case file: `src_install.link`.
    address: String,
    /// What the case expects, in words.
    expected: String,
    /// The expected value where it is one exact text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exact: Option<Value>,
    /// What was observed; nothing where nothing came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actual: Option<Value>,
    /// How it came out.
    outcome: Outcome,
    /// How far the step got, where the observation is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// How one expectation came out.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// It holds.
    Met,
    /// It was observed and differs.
    Differs,
    /// It was not observed.
    Missing,
    /// It was recorded, not judged.
    Recorded,
}

/// An observed value: text, or bytes that are no UTF-8.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Value {
    Text(String),
    Binary {
        /// The bytes, two hexadecimal digits each.
        hex: String,
    },
}

fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(Results)).unwrap();
    text.push('\n');
    text
}

#[test]
fn the_schema_in_the_repository_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/results.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, schema()).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == schema(),
        "UPDATE_SCHEMA=1 cargo test -p pmsts-reports writes it anew"
    );
}

#[test]
fn verdicts_and_comparisons_are_described_as_they_are_written() {
    for verdict in pmsts_testcases::Verdict::ALL {
        let written = serde_json::to_value(verdict).unwrap();
        let described: Verdict = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(described).unwrap(), written);
    }
    let instances = sample::results().targets.remove(0).instances;
    for compared in instances.iter().flat_map(|i| &i.compared) {
        let written = serde_json::to_value(compared).unwrap();
        let described: Compared = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(described).unwrap(), written);
    }
}

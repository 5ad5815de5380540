//! Tests that `results.schema.json` describes the records that this crate writes.

use schemars::schema_for;

use crate::record::{Results, described};
use crate::sample;

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
        "results.schema.json is outdated: `UPDATE_SCHEMA=1 cargo test -p pmsts-reports` updates it"
    );
}

#[test]
fn the_schemas_of_verdicts_and_comparisons_match_what_is_written() {
    for verdict in pmsts_testcases::Verdict::ALL {
        let written = serde_json::to_value(verdict).unwrap();
        let described: described::Verdict = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(described).unwrap(), written);
    }
    let instances = sample::results().targets.remove(0).instances;
    for compared in instances.iter().flat_map(|i| &i.compared) {
        let written = serde_json::to_value(compared).unwrap();
        let described: described::Compared = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(described).unwrap(), written);
    }
}

//! The rows of `ci/history.toml` name cases that exist.

use std::path::Path;

use globset::Glob;
use pmsts_testcases::Suite;

#[derive(serde::Deserialize)]
struct Rows {
    fix: Vec<Row>,
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    cases: Vec<String>,
}

#[test]
fn rows_of_past_bugs_name_cases_that_exist() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci/history.toml");
    let rows: Rows = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let suite = Suite::embedded().unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)));
    for row in rows.fix {
        for glob in &row.cases {
            let matcher = Glob::new(glob).unwrap().compile_matcher();
            let found = suite.cases.iter().any(|case| matcher.is_match(&case.id));
            assert!(found, "row `{}`: no case matches `{glob}`", row.id);
        }
    }
}

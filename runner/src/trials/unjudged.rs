//! A build that is run for what it observes: no case expects anything of it.

use std::sync::Arc;

use pmsts_testcases::model::{Build, Case, Origin};
use pmsts_testcases::{BuildInstance, Eapi, Expanded, Instance, Suite};

/// A suite with one case that expects nothing, and its instance on the build in an EAPI. Packages are in the category
/// `pms-NAME`, after the name of the build; `file` is where the build comes from.
pub(super) fn unjudged(build: Build, eapi: Eapi, title: String, file: String) -> (Suite, Expanded) {
    let name = build.name.clone();
    let case = Case {
        id: name.clone(),
        title,
        section: name.clone(),
        requirements: Vec::new(),
        eapis: Eapi::all().collect(),
        disputed: None,
        undefined: true,
        build: Arc::new(build.clone()),
        vectors: None,
        expect: Vec::new(),
        sabotage: None,
        unsabotaged: None,
        origin: Origin { file, line: 1 },
    };
    let instance = Instance {
        id: format!("{name}@{eapi}"),
        case: 0,
        eapi,
        row: None,
        requirements: Vec::new(),
        expect: Vec::new(),
        build: 0,
    };
    let build = BuildInstance {
        name: format!("{name}@{eapi}"),
        token: format!("{name}-e{eapi}"),
        category: format!("pms-{name}"),
        eapi,
        build,
    };
    let suite = Suite {
        cases: vec![case],
        ..Suite::default()
    };
    let expanded = Expanded {
        instances: vec![instance],
        builds: vec![build],
    };
    (suite, expanded)
}

//! Instances as ordinary test trials, for editors and for nextest:
//! `cargo test --test conformance -- dosym`. The package manager is `PMSTS_PM`, or Portage.
//!
//! Without a filter there are no trials: departures from the PMS are not failures of this repository.

mod common;

use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};
use pmsts_testcases::{Selection, Suite, Variant, expand, select};
use serde_json::Value as Json;

fn main() {
    let arguments = Arguments::from_args();
    let suite = Suite::embedded().unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)));
    let chosen = select(&suite, &Selection::default()).expect("no filter is no bad filter");
    let expanded = expand(&suite, &chosen, Variant::Plain).unwrap_or_else(|e| panic!("{e}"));
    let wanted = arguments.filter.is_some() || arguments.list;
    let instances = expanded.instances.iter().filter(|_| wanted);
    let trials = instances.map(|instance| {
        let case = suite.cases[instance.case].id.clone();
        let (id, eapi) = (instance.id.clone(), instance.eapi.to_string());
        Trial::test(instance.id.clone(), move || run(&case, &eapi, &id))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn run(case: &str, eapi: &str, id: &str) -> Result<(), Failed> {
    let pm = std::env::var("PMSTS_PM").unwrap_or_else(|_| common::PORTAGE.to_owned());
    let output = Command::new(env!("CARGO_BIN_EXE_pmsts"))
        .args([
            "run", "--format", "json", "--jobs", "1", "--pm", &pm, "--eapi", eapi, case,
        ])
        .output()?;
    let results: Json = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let instances = results["targets"][0]["instances"]
        .as_array()
        .ok_or("the run has no instances")?;
    let instance = instances
        .iter()
        .find(|i| i["id"] == id)
        .ok_or("the instance did not run")?;
    match instance["verdict"].as_str() {
        Some("passed" | "recorded" | "unsupported" | "skipped") => Ok(()),
        _ => Err(serde_json::to_string_pretty(instance)?.into()),
    }
}

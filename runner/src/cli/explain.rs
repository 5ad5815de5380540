//! `pmsts explain`: explains a case or a requirement.

mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use pmsts_eclass_templates::Renderer;
use pmsts_testcases::model::Case;
use pmsts_testcases::{
    Compared, EapiChoice, EapiSet, Instance, Observed, Requirement, Selection, Suite, Variant,
    Verdict, expand, judge, select,
};
use serde::Serialize;

use super::{CliError, Format, given, print, print_json};
use crate::cli::exit_code::ExitCode;

/// Explain a case or requirement: PMS section, EAPIs, ebuild, and the latest verdicts on it
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Id of a case or requirement
    #[arg(value_name = "CASE|REQUIREMENT")]
    id: String,
    /// Records to take verdicts from, each a results.json or the directory that holds it
    #[arg(value_name = "RESULTS", value_hint = ValueHint::AnyPath)]
    results: Vec<PathBuf>,
    /// EAPI of the ebuild to show [default: the newest of the case]
    #[arg(long, value_name = "EAPI")]
    eapi: Option<EapiSet>,
    /// Read the case files in DIR instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    cases_dir: Option<PathBuf>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The explanation.
#[derive(Debug, Serialize)]
struct Explained<'a> {
    id: &'a str,
    /// `case` or `requirement`.
    kind: &'static str,
    title: &'a str,
    section: &'a str,
    chapter: &'a str,
    eapis: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    disputed: Option<&'a str>,
    /// File and line of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The requirements that the case verifies; for a requirement, itself.
    requirements: Vec<&'a Requirement>,
    /// Cases that verify the requirement.
    cases: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<Example>,
    verdicts: Vec<Said>,
}

/// The case in one EAPI.
#[derive(Debug, Serialize)]
struct Example {
    instance: String,
    rows: Vec<String>,
    steps: Vec<String>,
    /// The address of each observation, and its expectation in words.
    expected: Vec<(String, String)>,
    /// Path and text of each ebuild.
    ebuilds: Vec<(String, String)>,
}

/// The latest verdict on an instance.
#[derive(Debug, Serialize)]
struct Said {
    target: String,
    instance: String,
    verdict: Verdict,
    /// When the run began.
    started: String,
    reason: Option<String>,
}

/// Runs `pmsts explain`.
pub(super) fn execute(args: &ExplainArgs) -> Result<ExitCode, CliError> {
    let suite = Suite::of(args.cases_dir.as_deref())?;
    let id = args.id.split('@').next().unwrap_or_default();
    let mut explained = if let Some(case) = suite.case(id) {
        of_case(args, &suite, case)?
    } else if let Some(requirement) = suite.catalogue.get(&args.id) {
        of_requirement(&suite, requirement)
    } else {
        return Err(unknown(&suite, id));
    };
    explained.verdicts = verdicts(args, &explained)?;
    match args.format {
        Format::Json => print_json(&explained),
        Format::Human => print(&text::of(&explained)),
    }
    Ok(ExitCode::Conforms)
}

fn unknown(suite: &Suite, id: &str) -> CliError {
    let ids = suite.cases.iter().map(|case| case.id.as_str());
    let ids = ids.chain(suite.catalogue.keys().map(String::as_str));
    let similar: Vec<&str> = ids.filter(|known| known.contains(id)).take(8).collect();
    let hint = if similar.is_empty() {
        "`pmsts list` prints all case ids".to_owned()
    } else {
        format!("did you mean {}?", similar.join(", "))
    };
    CliError::Usage(format!("there is no case or requirement `{id}`: {hint}"))
}

fn of_case<'a>(
    args: &ExplainArgs,
    suite: &'a Suite,
    case: &'a Case,
) -> Result<Explained<'a>, CliError> {
    Ok(Explained {
        id: &case.id,
        kind: "case",
        title: &case.title,
        section: &case.section,
        chapter: case.chapter(),
        eapis: case.eapis.to_string(),
        disputed: case.disputed.as_deref(),
        file: Some(format!("{}:{}", case.origin.file, case.origin.line)),
        requirements: case
            .requirements
            .iter()
            .filter_map(|id| suite.catalogue.get(id))
            .collect(),
        cases: Vec::new(),
        example: example(args, suite, case)?,
        verdicts: Vec::new(),
    })
}

fn of_requirement<'a>(suite: &'a Suite, requirement: &'a Requirement) -> Explained<'a> {
    let verifies = |case: &&Case| case.requirements.contains(&requirement.id);
    let cases = suite.cases.iter().filter(verifies);
    Explained {
        id: &requirement.id,
        kind: "requirement",
        title: &requirement.statement,
        section: &requirement.section,
        chapter: requirement.chapter(),
        eapis: requirement.eapis.to_string(),
        disputed: None,
        file: None,
        requirements: vec![requirement],
        cases: cases.map(|case| case.id.as_str()).collect(),
        example: None,
        verdicts: Vec::new(),
    }
}

fn example(args: &ExplainArgs, suite: &Suite, case: &Case) -> Result<Option<Example>, CliError> {
    let selection = Selection {
        cases: vec![case.id.clone()],
        eapis: args.eapi.map_or(EapiChoice::Latest, EapiChoice::Only),
        undefined: true,
        ..Selection::default()
    };
    let expanded = expand(suite, &select(suite, &selection)?, Variant::Plain)?;
    let named = |i: &&Instance| i.id == args.id;
    let Some(instance) = expanded
        .instances
        .iter()
        .find(named)
        .or(expanded.instances.last())
    else {
        return Ok(None);
    };
    let build = &expanded.builds[instance.build];
    let renderer = Renderer::new();
    let ebuilds = build.build.ebuilds.iter().map(|(handle, ebuild)| {
        let path = format!("{}/{}.ebuild", build.category(ebuild), build.pf(ebuild));
        Ok((path, renderer.ebuild(build, handle, ebuild)?))
    });
    let judgement = judge(instance, &build.build, &Observed::default());
    let expected = |f: Compared| (f.address, f.expected);
    let own = expanded
        .instances
        .iter()
        .filter(|i| i.eapi == instance.eapi);
    Ok(Some(Example {
        instance: instance.id.clone(),
        rows: own.filter_map(|i| i.row.clone()).collect(),
        steps: build
            .build
            .steps
            .iter()
            .map(|s| {
                format!(
                    "{}: {} {}",
                    s.name,
                    s.operation.word(),
                    s.packages.join(" ")
                )
            })
            .collect(),
        expected: judgement.compared.into_iter().map(expected).collect(),
        ebuilds: ebuilds.collect::<Result<_, CliError>>()?,
    }))
}

/// The newest verdict on each instance of each target.
fn verdicts(args: &ExplainArgs, explained: &Explained<'_>) -> Result<Vec<Said>, CliError> {
    let mut newest: BTreeMap<(String, String), Said> = BTreeMap::new();
    for path in &args.results {
        let results = given::results(path)?;
        for run in results.targets {
            for instance in run.instances {
                let about = match explained.kind {
                    "case" => instance.case == explained.id,
                    _ => instance.requirements.iter().any(|id| id == explained.id),
                };
                let key = (run.name.clone(), instance.id.clone());
                if !about
                    || newest
                        .get(&key)
                        .is_some_and(|known| known.started > results.started)
                {
                    continue;
                }
                let said = Said {
                    target: run.name.clone(),
                    verdict: instance.verdict,
                    reason: pmsts_reports::why(&instance),
                    instance: instance.id,
                    started: results.started.clone(),
                };
                newest.insert(key, said);
            }
        }
    }
    Ok(newest.into_values().collect())
}

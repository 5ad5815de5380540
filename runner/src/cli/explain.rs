//! `pmsts explain`: explains a case, a requirement, or what the suite knows of a label or word of the PMS.

mod known;
mod text;
mod topic;

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

use super::ledgers::Ledgers;
use super::{CliError, Format, given, print, print_json};
use crate::cli::exit_code::ExitCode;
use crate::ledger::Ledger;
use known::{Known, known};
use topic::Topic;

/// Explain a case or requirement, or list all that is known of a PMS label, command, variable or phase
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// Id of a case or requirement, a label of the PMS, or the name of a command, variable or phase
    #[arg(value_name = "CASE|REQUIREMENT|LABEL|WORD")]
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

const EXAMPLES: &str = "\
Examples:
  pmsts explain dosym-r-relative-target out       a case, and the verdicts of a run on it
  pmsts explain pkg-mgr-commands.dosym-r          a requirement
  pmsts explain feat:dosym-relative               a label of the PMS
  pmsts explain ED out                            a variable; dosym and src_install work as well
  pmsts explain src_install --format json

Exit status: 0 it was explained, 2 nothing is known of it, 3 a record cannot be read.";

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
    /// Known findings that the case, or the cases of the requirement, show.
    findings: Vec<Known<'a>>,
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
    let ledgers = Ledger::shipped()?;
    let id = args.id.split('@').next().unwrap_or_default();
    let mut explained = if let Some(case) = suite.case(id) {
        of_case(args, &suite, case)?
    } else if let Some(requirement) = suite.catalogue.get(&args.id) {
        of_requirement(&suite, requirement)
    } else if let Some(topic) = Topic::of(&args.id, &suite, &ledgers) {
        return tell(args, topic);
    } else {
        return Err(unknown(&suite, id));
    };
    explained.findings = known(&ledgers, |finding| {
        let cases = finding.cases();
        cases.contains(&id) || explained.cases.iter().any(|case| cases.contains(case))
    });
    explained.verdicts = verdicts(args, &explained)?;
    match args.format {
        Format::Json => print_json(&explained),
        Format::Human => print(&text::of(&explained)),
    }
    Ok(ExitCode::Conforms)
}

/// Prints what is known of a label or word.
fn tell(args: &ExplainArgs, mut topic: Topic<'_>) -> Result<ExitCode, CliError> {
    if !args.results.is_empty() {
        let mut results = given::merged(&args.results)?;
        Ledgers::read(&[], false, None)?.annotate(&mut results);
        topic.count(&results);
    }
    match args.format {
        Format::Json => print_json(&topic),
        Format::Human => print(&text::of_topic(&topic)),
    }
    Ok(ExitCode::Conforms)
}

fn unknown(suite: &Suite, id: &str) -> CliError {
    let ids = suite.cases.iter().map(|case| case.id.as_str());
    let ids = ids.chain(suite.catalogue.keys().map(String::as_str));
    let similar: Vec<&str> = ids.filter(|known| known.contains(id)).take(8).collect();
    let hint = if similar.is_empty() {
        "`pmsts list` prints all case ids; names of the PMS are written as it writes them (`ED`, `src_install`, `feat:nonfatal`)"
            .to_owned()
    } else {
        format!("did you mean {}?", similar.join(", "))
    };
    CliError::Usage(format!(
        "no case or requirement is named `{id}`, and none mentions it: {hint}"
    ))
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
        findings: Vec::new(),
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
        findings: Vec::new(),
        verdicts: Vec::new(),
    }
}

fn example(args: &ExplainArgs, suite: &Suite, case: &Case) -> Result<Option<Example>, CliError> {
    let selection = Selection {
        cases: vec![case.id.clone()],
        eapis: args.eapi.map_or(EapiChoice::Latest, EapiChoice::Only),
        undefined: true,
        draft: true,
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

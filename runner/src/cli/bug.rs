//! `pmsts bug`: runs a case, and writes the text of a bug report about what it has seen.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use pmsts_reports::record::{Instance, Results, TargetRecord};
use pmsts_reports::store;
use pmsts_testcases::{Eapi, EapiChoice, EapiSet};

use super::choice::ChoiceArgs;
use super::ledgers::Ledgers;
use super::progress::Progress;
use super::setup::{self, AdapterFiles, SetupArgs};
use super::{CliError, print, say};
use crate::bug::{Bug, Markup};
use crate::cli::exit_code::ExitCode;
use crate::ledger::Finding;
use crate::provision::Spec;
use crate::record::events::Sink;
use crate::run;

/// Run a case, and write the text of a bug report about its failure
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BugArgs {
    /// Id of a finding, or of a case
    #[arg(value_name = "FINDING|CASE")]
    about: String,
    /// Package manager, exactly one: portage@3.0.83, portage (on PATH), portage:DIR
    #[arg(long, value_name = "SPEC")]
    pm: Spec,
    /// EAPIs to look at [default: for a finding those in which it was seen, for a case the newest]
    #[arg(long, value_name = "EAPIS")]
    eapi: Option<EapiChoice>,
    /// Form of the text
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// File to write to [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Ledger that describes the finding, instead of those that are part of pmsts
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ledger: Vec<PathBuf>,
    /// Read the case files in DIR instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    cases_dir: Option<PathBuf>,
    #[command(flatten)]
    adapters: AdapterFiles,
    #[command(flatten)]
    setup: SetupArgs,
}

/// The form of a bug report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Markdown
    #[default]
    Markdown,
    /// Plain text, for Bugzilla
    Plain,
}

const EXAMPLES: &str = "\
Examples:
  pmsts bug portage-assert-n-status --pm portage@3.0.83
  pmsts bug dosym-r-relative-target --pm pkgcore@0.12.48 --format plain --output bug.txt

Exit status: 0 the text was written, 2 wrong usage, 3 the harness or the set-up broke, 4 no failure was seen.";

/// Runs `pmsts bug`.
pub(super) fn execute(args: &BugArgs) -> Result<ExitCode, CliError> {
    let ledgers = Ledgers::read(&args.ledger, false, args.cases_dir.as_deref())?;
    let finding = ledgers.finding(&args.about);
    let results = seen(args, finding, &ledgers)?;
    let found = results.targets.iter().find_map(|target| {
        let mut instances = target.instances.iter();
        Some((target, instances.find(|i| shows(i, finding))?))
    });
    let Some((target, instance)) = found else {
        say(&format!(
            "no text was written: `{}` was not seen on {}",
            args.about, args.pm
        ));
        say(&verdicts(&results));
        return Ok(ExitCode::NothingRan);
    };
    let known = instance
        .finding()
        .and_then(|(id, _)| target.findings.get(id));
    let bug = Bug {
        results: &results,
        target,
        instance,
        finding: known.filter(|_| instance.is_known()),
    };
    let text = bug.text(match args.format {
        Form::Markdown => Markup::Markdown,
        Form::Plain => Markup::Plain,
    });
    match &args.output {
        Some(path) => store::write_text(&text, path)?,
        None => print(&text),
    }
    Ok(ExitCode::Conforms)
}

/// Runs the cases, and marks what is known.
fn seen(args: &BugArgs, finding: Option<&Finding>, ledgers: &Ledgers) -> Result<Results, CliError> {
    let cases = finding.map_or_else(|| vec![args.about.clone()], |f| owned(&f.cases()));
    let eapi = match (args.eapi, finding) {
        (Some(eapi), _) => eapi,
        (None, Some(finding)) => EapiChoice::Only(newest(finding)),
        (None, None) => EapiChoice::Latest,
    };
    let choice = ChoiceArgs {
        cases,
        eapi,
        undefined: true,
        draft: true,
        cases_dir: args.cases_dir.clone(),
        ..ChoiceArgs::default()
    };
    let pms = std::slice::from_ref(&args.pm);
    let config = args.setup.with_adapters(pms, &args.adapters, &choice)?;
    let mut results = setup::provision(&config, |provisioner| {
        let sinks = || -> Vec<Box<dyn Sink>> { vec![Box::new(Progress::new(false, "failed"))] };
        Ok(run::run(&config, provisioner, sinks)?)
    })?;
    ledgers.annotate(&mut results);
    Ok(results)
}

fn owned(cases: &[&str]) -> Vec<String> {
    cases.iter().map(|&case| case.to_owned()).collect()
}

/// The newest EAPI of each entry of a finding.
fn newest(finding: &Finding) -> EapiSet {
    let newest = finding
        .seen
        .iter()
        .filter_map(|seen| seen.eapis.iter().max());
    newest.collect::<Vec<Eapi>>().into_iter().collect()
}

/// Whether the instance shows the finding, or where none was named fails.
fn shows(instance: &Instance, finding: Option<&Finding>) -> bool {
    match finding {
        Some(finding) => {
            instance.is_known() && instance.finding().is_some_and(|(id, _)| id == finding.id)
        }
        None => instance.verdict.is_failure(),
    }
}

/// What was seen instead.
fn verdicts(results: &Results) -> String {
    let of = |target: &TargetRecord| {
        let instances = target.instances.iter();
        let verdicts = instances.map(|i| format!("{}: {}", i.id, i.verdict.words()));
        let broken = target.broken.clone();
        verdicts.chain(broken).collect::<Vec<_>>().join("\n")
    };
    let all: Vec<String> = results.targets.iter().map(of).collect();
    all.join("\n")
}

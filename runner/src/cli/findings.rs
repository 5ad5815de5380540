//! `pmsts findings`: lists the known findings of the ledgers that are part of pmsts.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use pmsts_reports::record::{Instance, Results, began};
use serde::Serialize;

use super::ledgers::Ledgers;
use super::{CliError, Format, given, print, print_json};
use crate::cli::exit_code::ExitCode;
use crate::ledger::{Finding, Ledger};

/// List the known findings: departures of package managers from the PMS, one for each cause
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FindingsArgs {
    /// Records, each a results.json or the directory that holds it: list only findings that were seen in them, with the
    /// number of their instances
    #[arg(value_name = "RESULTS", value_hint = ValueHint::AnyPath)]
    results: Vec<PathBuf>,
    /// Only findings about this package manager: portage or pkgcore
    #[arg(long, value_name = "PM")]
    pm: Option<String>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  pmsts findings --pm portage                  all known findings about Portage
  pmsts findings --pm portage out              those that a run has seen
  pmsts findings --format json

Exit status: 0 the findings were listed, 2 wrong usage, 3 a record cannot be read.";

/// A finding as JSON.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    kind: &'a str,
    since: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    until: Option<&'a str>,
    sections: &'a [String],
    cases: Vec<&'a str>,
    source: Option<&'a str>,
    reason: &'a str,
    bug: Option<&'a str>,
    /// By target, the instances that show it, if records were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Vec<SeenOn>>,
}

/// The instances of a finding on one target.
#[derive(Serialize)]
struct SeenOn {
    target: String,
    instances: Vec<String>,
}

/// Runs `pmsts findings`.
pub(super) fn execute(args: &FindingsArgs) -> Result<ExitCode, CliError> {
    let ledgers = Ledger::shipped()?;
    if let Some(pm) = &args.pm
        && !ledgers.iter().any(|ledger| ledger.pm == *pm)
    {
        let known: Vec<&str> = ledgers.iter().map(|ledger| ledger.pm.as_str()).collect();
        return Err(CliError::Usage(format!(
            "no ledger is about `{pm}`; there are ledgers about {}",
            known.join(" and ")
        )));
    }
    let results = records(args)?;
    let wanted = ledgers.iter();
    let wanted = wanted.filter(|ledger| args.pm.as_ref().is_none_or(|pm| ledger.pm == *pm));
    let listed = wanted.flat_map(|ledger| &ledger.findings);
    let listed = listed.map(|finding| listed_of(finding, results.as_ref()));
    let listed: Vec<Listed<'_>> = listed
        .filter(|finding| finding.seen.as_ref().is_none_or(|seen| !seen.is_empty()))
        .collect();
    match args.format {
        Format::Json => print_json(&listed),
        Format::Human => {
            print(&listed.iter().map(text).collect::<String>());
            print(&format!("{} findings\n", listed.len()));
        }
    }
    Ok(ExitCode::Conforms)
}

/// The records, with known findings marked.
fn records(args: &FindingsArgs) -> Result<Option<Results>, CliError> {
    if args.results.is_empty() {
        return Ok(None);
    }
    let mut results = given::merged(&args.results)?;
    Ledgers::read(&[], false, None)?.annotate(&mut results);
    Ok(Some(results))
}

fn listed_of<'a>(finding: &'a Finding, results: Option<&Results>) -> Listed<'a> {
    Listed {
        id: &finding.id,
        title: &finding.title,
        kind: finding.kind.word(),
        since: finding.since.as_deref(),
        commit: finding.commit.as_deref(),
        until: finding.until.as_deref(),
        sections: &finding.sections,
        cases: finding.cases(),
        source: finding.source.as_deref(),
        reason: &finding.reason,
        bug: finding.bug.as_deref(),
        seen: results.map(|results| seen(finding, results)),
    }
}

/// Where a finding was seen.
fn seen(finding: &Finding, results: &Results) -> Vec<SeenOn> {
    let shows = |instance: &&Instance| {
        instance.is_known() && instance.finding().is_some_and(|(id, _)| id == finding.id)
    };
    let on = results.targets.iter().map(|target| SeenOn {
        target: target.name.clone(),
        instances: target
            .instances
            .iter()
            .filter(shows)
            .map(|i| i.id.clone())
            .collect(),
    });
    on.filter(|on| !on.instances.is_empty()).collect()
}

/// A finding as text for people.
fn text(finding: &Listed<'_>) -> String {
    let since = finding
        .since
        .map_or(String::new(), |since| format!(", since {}", began(since)));
    let until = finding
        .until
        .map_or(String::new(), |until| format!(", until {until}"));
    let mut out = format!("{}  {}{since}{until}\n", finding.id, finding.kind);
    let mut line = |label: &str, words: &str| out.push_str(&format!("    {label}{words}\n"));
    line("", finding.title);
    line("sections: ", &finding.sections.join(", "));
    line("cases: ", &finding.cases.join(" "));
    if let Some(commit) = finding.commit {
        line("commit: ", commit);
    }
    if let Some(source) = finding.source {
        line("source: ", source);
    }
    for on in finding.seen.iter().flatten() {
        let count = on.instances.len();
        let words = if count == 1 { "instance" } else { "instances" };
        line("seen: ", &format!("{count} {words} on {}", on.target));
    }
    out.push('\n');
    out
}

//! `pmsts date`: finds the releases or commits in which the findings of a ledger began, and writes them into it.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use clap::{Args, ValueHint};
use pep440_rs::Version;
use pmsts_reports::record::Results;
use pmsts_testcases::{EapiChoice, Suite, Verdict};

use super::choice::ChoiceArgs;
use super::places::Places;
use super::setup::{self, AdapterFiles, BatchArgs, SetupArgs};
use super::{CliError, print, say};
use crate::cli::exit_code::ExitCode;
use crate::ledger::{Finding, Ledger};
use crate::provision::{Error, Provisioner, Source, Spec};
use crate::run;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::trials::dating::{Began, Dating};

/// Find the releases or commits in which the findings of a ledger began, and write them into it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DateArgs {
    /// Ledger of one package manager; findings that have `since`, or entries for some versions only, are left as they
    /// are, unless `since` is `<=` a later release than the first one of --pm
    #[arg(value_name = "LEDGER", value_hint = ValueHint::FilePath)]
    ledger: PathBuf,
    /// Findings to date; without any, all that have no date
    #[arg(value_name = "FINDING")]
    findings: Vec<String>,
    /// Releases to search: portage@3.0.60..3.0.83; every finding must still happen in the last one. Or a git checkout:
    /// portage:DIR
    #[arg(long, value_name = "SPEC")]
    pm: Spec,
    /// Revisions of the checkout to search: OLD..NEW
    #[arg(long, value_name = "RANGE")]
    commits: Option<String>,
    /// Print the dates, and leave the ledger as it is
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    adapters: AdapterFiles,
    #[command(flatten)]
    batch: BatchArgs,
    #[command(flatten)]
    setup: SetupArgs,
}

const EXAMPLES: &str = "\
Examples:
  pmsts date runner/ledgers/portage.toml --pm portage@3.0.60..3.0.83
  pmsts date runner/ledgers/portage.toml portage-eapply-status --pm portage:. --commits portage-3.0.69..portage-3.0.70

One run for each release or commit that is asked holds the cases of all findings that it can decide about. A release is \
written as `since`, a commit as `commit`.

Exit status: 0 the search has ended, 2 wrong usage, 3 the harness or the set-up broke, 130 interrupted.";

/// Runs `pmsts date`.
pub(super) fn execute(args: &DateArgs) -> Result<ExitCode, CliError> {
    let suite = Suite::embedded()?;
    let Some(ledger) = Ledger::read(&args.ledger, Some(&suite))? else {
        let path = args.ledger.display();
        return Err(CliError::Usage(format!("there is no ledger `{path}`")));
    };
    let config = args
        .setup
        .with_adapters(&[], &args.adapters, &ChoiceArgs::default())?;
    let mut config = config;
    args.batch.apply(&mut config);
    setup::provision(&config, |provisioner| {
        let places = places(args, provisioner)?;
        if places.len() < 2 || ledger.pm != args.pm.pm {
            return Err(CliError::Usage(format!(
                "`{}` does not name several releases of {}, or a checkout with --commits",
                args.pm, ledger.pm
            )));
        }
        let chosen = chosen(args, &ledger, &places)?;
        let mut dating = Dating::new(chosen, places.len());
        while let Some((place, ids)) = dating.next() {
            let asked = asked(&ledger, &ids);
            let release = places.turn_to(place)?;
            let seen = ask(&config, &asked, &release, provisioner)?;
            say(&format!("{}: {} findings", places.shown(place), ids.len()));
            dating.answer(place, |id| has(seen.as_ref()?, id, &asked));
        }
        write(args, &dating, &places)
    })
}

/// The releases or commits to search.
fn places(args: &DateArgs, provisioner: &mut Provisioner<'_>) -> Result<Places, CliError> {
    match (&args.pm.source, &args.commits) {
        (Source::Dir(dir), Some(range)) => {
            let ends = range.split_once("..").ok_or_else(|| {
                CliError::Usage(format!(
                    "`{range}` is no range of revisions: write OLD..NEW"
                ))
            })?;
            Places::commits(&args.pm.pm, dir, ends)
        }
        (_, Some(_)) => Err(CliError::Usage(format!(
            "--commits needs a git checkout, and `{}` is none: write --pm {}:DIR",
            args.pm, args.pm.pm
        ))),
        (_, None) => Places::releases(&args.pm, provisioner),
    }
}

/// Ids of the findings to date.
fn chosen(args: &DateArgs, ledger: &Ledger, places: &Places) -> Result<Vec<String>, CliError> {
    let known = |id: &&String| ledger.findings.iter().any(|finding| finding.id == **id);
    if let Some(unknown) = args.findings.iter().find(|id| !known(id)) {
        let path = args.ledger.display();
        return Err(CliError::Usage(format!(
            "there is no finding `{unknown}` in `{path}`"
        )));
    }
    if !args.findings.is_empty() {
        return Ok(args.findings.clone());
    }
    let is_open = |finding: &&Finding| {
        if places.are_commits() {
            finding.commit.is_none()
        } else {
            is_undated(finding, places.name(0))
        }
    };
    let open = ledger.findings.iter().filter(is_open);
    Ok(open.map(|finding| finding.id.clone()).collect())
}

/// Whether the releases from `oldest` on can tell more about when the finding began.
fn is_undated(finding: &Finding, oldest: &str) -> bool {
    let is_known = finding.since.as_deref().is_some_and(|since| {
        let asked = since.strip_prefix("<=").map(Version::from_str);
        match (asked, Version::from_str(oldest)) {
            (Some(Ok(asked)), Ok(oldest)) => asked <= oldest,
            _ => true,
        }
    });
    !is_known && finding.seen.iter().all(|seen| seen.versions.is_none())
}

/// The ledger with these findings only.
fn asked(ledger: &Ledger, ids: &[&str]) -> Ledger {
    let findings = ledger.findings.iter();
    Ledger {
        pm: ledger.pm.clone(),
        findings: findings
            .filter(|f| ids.contains(&f.id.as_str()))
            .cloned()
            .collect(),
    }
}

/// Runs the cases of the findings on a release; `None` if it cannot run.
fn ask(
    config: &RunConfig,
    asked: &Ledger,
    release: &Spec,
    provisioner: &mut Provisioner<'_>,
) -> Result<Option<Results>, CliError> {
    let mut config = config.clone();
    config.pms = vec![release.clone()];
    config.selection.eapis = EapiChoice::Boundary;
    config.selection.undefined = true;
    let cases = asked.findings.iter().flat_map(Finding::cases);
    config.selection.cases = cases.map(str::to_owned).collect();
    match run::run(&config, provisioner, Vec::new) {
        Ok(results) if results.interrupted => Err(Error::Interrupted.into()),
        Ok(mut results) => {
            for target in &mut results.targets {
                asked.annotate(target, true);
            }
            Ok(Some(results))
        }
        Err(RunError::Provision(Error::Interrupted)) => Err(Error::Interrupted.into()),
        Err(RunError::Provision(error)) => {
            say(&format!("{release} cannot run here: {error}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a release has a finding, which it has not where it does not support the EAPI; `None` if nothing that the
/// finding covers was judged there, or all of it fails in another way, which may have the same cause.
fn has(results: &Results, id: &str, asked: &Ledger) -> Option<bool> {
    let instances = || results.targets.iter().flat_map(|target| &target.instances);
    let shows = |i: &&pmsts_reports::record::Instance| i.is_known();
    let of = |i: &&pmsts_reports::record::Instance| i.finding().is_some_and(|(f, _)| f == id);
    if instances().filter(of).any(|i| shows(&i)) {
        return Some(true);
    }
    let finding = asked.findings.iter().find(|finding| finding.id == id)?;
    let mut own = instances().filter(|i| finding.covers(i));
    let lacks = |verdict| matches!(verdict, Verdict::Passed | Verdict::Unsupported);
    own.any(|i| lacks(i.verdict)).then_some(false)
}

/// Prints the dates, and writes them into the ledger.
fn write(args: &DateArgs, dating: &Dating, places: &Places) -> Result<ExitCode, CliError> {
    let mut dates = Vec::new();
    for (id, began) in dating.began() {
        let (words, date) = match began {
            Began::BeforeAll => (
                format!("in {} or before", places.shown(0)),
                format!("<={}", places.name(0)),
            ),
            Began::In(place) => (
                format!("since {}", places.shown(place)),
                places.shown(place).to_owned(),
            ),
            Began::Between(without, with) => {
                let after = |at| format!("after {}, ", places.shown(at));
                let after = without.map_or(String::new(), after);
                (
                    format!("{after}in {} at the latest", places.shown(with)),
                    format!("<={}", places.name(with)),
                )
            }
        };
        print(&format!("{id}: {words}\n"));
        // Only a commit that is certain is worth its place.
        if !places.are_commits() || matches!(began, Began::In(_)) {
            dates.push((id.to_owned(), date));
        }
    }
    if !args.dry_run && !dates.is_empty() {
        let key = if places.are_commits() {
            "commit"
        } else {
            "since"
        };
        save(&args.ledger, key, &dates)?;
        let path = args.ledger.display();
        say(&format!("{path}: {} findings have a date now", dates.len()));
    }
    Ok(ExitCode::Conforms)
}

/// Adds the dates to the text of the ledger, so that comments stay.
fn save(path: &Path, key: &str, dates: &[(String, String)]) -> Result<(), CliError> {
    let failed = |source| CliError::Output {
        path: path.to_owned(),
        source,
    };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    std::fs::write(path, dated(&text, key, dates)).map_err(failed)
}

/// The text of a ledger with the dates of findings added; an earlier date of such a finding goes.
fn dated(text: &str, key: &str, dates: &[(String, String)]) -> String {
    let mut out = String::new();
    let keyed = format!("{key} = ");
    let mut date = None;
    for line in text.lines() {
        let of_line = |(id, _): &&(String, String)| line == format!("id = \"{id}\"");
        if line == "[[finding]]" {
            date = None;
        } else if line.starts_with("id = ") {
            date = dates.iter().find(of_line);
        } else if date.is_some() && line.starts_with(&keyed) {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if let Some((_, release)) = date.filter(|_| line.starts_with("id = ")) {
            // A subject may hold quotes.
            let release = toml::Value::from(release.as_str());
            out.push_str(&format!("{keyed}{release}\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_added_to_its_finding_and_comments_stay() {
        let text = "# why\n[[finding]]\nid = \"a\"\ntitle = \"b\"\n";
        let dates = [("a".to_owned(), "3.0.70".to_owned())];
        let wanted = "# why\n[[finding]]\nid = \"a\"\nsince = \"3.0.70\"\ntitle = \"b\"\n";
        assert_eq!(dated(text, "since", &dates), wanted);
        let earlier = text.replace("title", "since = \"<=3.0.80\"\ntitle");
        assert_eq!(dated(&earlier, "since", &dates), wanted);
    }
}

//! `pmsts date`: finds the releases in which the findings of a ledger began, and writes them into it.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use clap::{Args, ValueHint};
use pep440_rs::Version;
use pmsts_reports::record::Results;
use pmsts_testcases::{EapiChoice, Suite, Verdict};

use super::choice::ChoiceArgs;
use super::setup::{self, AdapterFiles, BatchArgs, SetupArgs};
use super::{CliError, print, say};
use crate::cli::exit_code::ExitCode;
use crate::ledger::{Finding, Ledger};
use crate::provision::{Error, Provisioner, Spec};
use crate::run;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::trials::dating::{Began, Dating};

/// Find the releases in which the findings of a ledger began, and write them into it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DateArgs {
    /// Ledger of one package manager; findings that have `since`, or entries for some versions only, are left as they
    /// are, unless `since` is `<=` a later release than the first one of --pm
    #[arg(value_name = "LEDGER", value_hint = ValueHint::FilePath)]
    ledger: PathBuf,
    /// Releases to search: portage@3.0.60..3.0.83; every finding must still happen in the last one
    #[arg(long, value_name = "SPEC")]
    pm: Spec,
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
Example:
  pmsts date runner/ledgers/portage.toml --pm portage@3.0.60..3.0.83

One run for each release that is asked holds the cases of all findings that it can decide about.

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
        let releases = provisioner.expand(std::slice::from_ref(&args.pm))?;
        let releases: Vec<Spec> = releases.into_iter().map(|(spec, _)| spec).collect();
        if releases.len() < 2 || ledger.pm != args.pm.pm {
            return Err(CliError::Usage(format!(
                "`{}` does not name several releases of {}",
                args.pm, ledger.pm
            )));
        }
        let oldest = version(&releases[0]);
        let undated = ledger.findings.iter().filter(|it| is_undated(it, &oldest));
        let mut dating = Dating::new(undated.map(|f| f.id.clone()), releases.len());
        while let Some((place, ids)) = dating.next() {
            let asked = asked(&ledger, &ids);
            let seen = ask(&config, &asked, &releases[place], provisioner)?;
            say(&format!("{}: {} findings", releases[place], ids.len()));
            dating.answer(place, |id| has(seen.as_ref()?, id, &asked));
        }
        write(args, &dating, &releases)
    })
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

/// Whether a release has a finding; `None` if nothing that it covers was judged there, or all of it fails in another
/// way, which may have the same cause.
fn has(results: &Results, id: &str, asked: &Ledger) -> Option<bool> {
    let instances = || results.targets.iter().flat_map(|target| &target.instances);
    let shows = |i: &&pmsts_reports::record::Instance| i.is_known();
    let of = |i: &&pmsts_reports::record::Instance| i.finding().is_some_and(|(f, _)| f == id);
    if instances().filter(of).any(|i| shows(&i)) {
        return Some(true);
    }
    let finding = asked.findings.iter().find(|finding| finding.id == id)?;
    let mut own = instances().filter(|i| finding.covers(i));
    own.any(|i| i.verdict == Verdict::Passed).then_some(false)
}

/// Prints the dates, and writes them into the ledger.
fn write(args: &DateArgs, dating: &Dating, releases: &[Spec]) -> Result<ExitCode, CliError> {
    let mut dates = Vec::new();
    for (id, began) in dating.began() {
        print(&match began {
            Began::BeforeAll => {
                dates.push((id.to_owned(), format!("<={}", version(&releases[0]))));
                format!("{id}: in {} or before\n", releases[0])
            }
            Began::In(place) => {
                let release = version(&releases[place]);
                dates.push((id.to_owned(), release.clone()));
                format!("{id}: since {release}\n")
            }
            Began::Between(without, with) => {
                dates.push((id.to_owned(), format!("<={}", version(&releases[with]))));
                let after = without.map_or(String::new(), |at| format!("after {}, ", releases[at]));
                format!("{id}: {after}in {} at the latest\n", releases[with])
            }
        });
    }
    if !args.dry_run && !dates.is_empty() {
        save(&args.ledger, &dates)?;
        let path = args.ledger.display();
        say(&format!("{path}: {} findings have a date now", dates.len()));
    }
    Ok(ExitCode::Conforms)
}

fn version(release: &Spec) -> String {
    let text = release.to_string();
    let version = text.split_once('@').map(|(_, version)| version.to_owned());
    version.unwrap_or(text)
}

/// Adds the dates to the text of the ledger, so that comments stay.
fn save(path: &Path, dates: &[(String, String)]) -> Result<(), CliError> {
    let failed = |source| CliError::Output {
        path: path.to_owned(),
        source,
    };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    std::fs::write(path, dated(&text, dates)).map_err(failed)
}

/// The text of a ledger with the dates of findings added; an earlier date of such a finding goes.
fn dated(text: &str, dates: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut date = None;
    for line in text.lines() {
        let of_line = |(id, _): &&(String, String)| line == format!("id = \"{id}\"");
        if line == "[[finding]]" {
            date = None;
        } else if line.starts_with("id = ") {
            date = dates.iter().find(of_line);
        } else if date.is_some() && line.starts_with("since = ") {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if let Some((_, release)) = date.filter(|_| line.starts_with("id = ")) {
            out.push_str(&format!("since = \"{release}\"\n"));
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
        assert_eq!(dated(text, &dates), wanted);
        let earlier = text.replace("title", "since = \"<=3.0.80\"\ntitle");
        assert_eq!(dated(&earlier, &dates), wanted);
    }
}

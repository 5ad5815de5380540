//! `pmsts history`: what the store knows of a case, a section or a finding.

use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum, ValueHint};
use pmsts_store::{Known, ListedRun, Page, Query, Show, Store};
use pmsts_testcases::Verdict;

use super::{CliError, Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::provision::Cache;
use crate::verdicts::local_path;
use crate::verdicts::remote::{Address, Peer};

/// Show what is known of a case, a section or a finding on all releases that were tested
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct HistoryArgs {
    /// Id of a case or an instance, with wildcards * and ?, PMS label of a section, or id of a finding [default: all]
    #[arg(value_name = "CASE|FINDING|SECTION")]
    about: Option<String>,
    /// Only this package manager, release or range: portage, portage@3.0.83, portage@3.0.60..3.0.83
    #[arg(long, value_name = "SPEC")]
    pm: Option<String>,
    /// Only this EAPI
    #[arg(long, value_name = "EAPI")]
    eapi: Option<String>,
    /// Only this verdict
    #[arg(long, value_enum, value_name = "VERDICT")]
    verdict: Option<Kept>,
    /// Only verdicts found since then: a date (2026-01-31), or how long ago (30d)
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only instances with these words in name, title or section
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only the first release that fails, for each instance and package manager
    #[arg(long, conflicts_with = "changes")]
    first_failure: bool,
    /// Only releases with another verdict than the release before
    #[arg(long)]
    changes: bool,
    /// Only what is known of the releases of this run, and has no verdict in it
    #[arg(long, value_name = "RUN")]
    not_in: Option<String>,
    /// List the runs that are known
    #[arg(long, conflicts_with = "about")]
    runs: bool,
    /// Where to look: the address of a service, or the file of a store [default: the store of the cache]
    #[arg(long, value_name = "URL|FILE", value_hint = ValueHint::AnyPath)]
    store: Option<String>,
    /// Number of verdicts to show, at most 1000
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Show what comes after a page that said how to go on
    #[arg(long, value_name = "NEXT")]
    after: Option<String>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  pmsts history dosym-r-relative-target              its verdicts on all releases
  pmsts history 'dosym*' --pm portage --first-failure
  pmsts history --changes --pm portage@3.0.60..3.0.83
  pmsts history --text 'relative link' --verdict failed
  pmsts history --store https://store.example 'ver-*' --format json
  pmsts history --runs --store store.db

Only runs with --cache or --store are known. Exit status: 0 verdicts were listed, 2 wrong usage, 3 the store cannot be
used, 4 nothing is known.";

/// Verdicts that are kept.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kept {
    Passed,
    Failed,
    NotObserved,
    Recorded,
}

/// Whatever holds the data, and answers questions about it.
enum Source {
    File(Store),
    Service(Peer),
}

impl Source {
    fn open(store: Option<&str>) -> Result<Self, CliError> {
        match store {
            Some(url) if url.contains("://") => {
                let address: Address = url.parse().map_err(CliError::Usage)?;
                Ok(Self::Service(Peer::reader(address)))
            }
            Some(file) => Ok(Self::File(existing(Path::new(file))?)),
            None => Ok(Self::File(Store::open(&local_path(&Cache::from_env()?))?)),
        }
    }

    fn search(&self, query: &Query) -> Result<Page, CliError> {
        match self {
            Self::File(store) => Ok(store.search(query)?),
            Self::Service(peer) => Ok(peer.search(query)?),
        }
    }

    fn runs(&self, most: usize) -> Result<Vec<ListedRun>, CliError> {
        match self {
            Self::File(store) => Ok(store.runs(most)?),
            Self::Service(peer) => Ok(peer.runs(most)?),
        }
    }
}

/// Opens a store that must exist: a mistyped name makes no new one.
fn existing(path: &Path) -> Result<Store, CliError> {
    if path.is_file() {
        return Ok(Store::open(path)?);
    }
    Err(CliError::Usage(format!(
        "there is no store `{}`",
        path.display()
    )))
}

/// Runs `pmsts history`.
pub(super) fn execute(args: &HistoryArgs) -> Result<ExitCode, CliError> {
    let source = Source::open(args.store.as_deref())?;
    let count = if args.runs {
        let runs = source.runs(args.limit)?;
        match args.format {
            Format::Json => print_json(&runs),
            Format::Human => print(&runs.iter().map(run_text).collect::<String>()),
        }
        runs.len()
    } else {
        let page = source.search(&args.query()?)?;
        match args.format {
            Format::Json => print_json(&page),
            Format::Human => print(&page_text(&page)),
        }
        page.rows.len()
    };
    if count == 0 {
        say("nothing is known of that; runs with --cache or --store add to what is known");
        return Ok(ExitCode::NothingRan);
    }
    Ok(ExitCode::Conforms)
}

impl HistoryArgs {
    fn query(&self) -> Result<Query, CliError> {
        Ok(Query {
            about: self.about.clone(),
            pm: self.pm.clone(),
            eapi: self.eapi.clone(),
            verdict: self.verdict.map(|verdict| match verdict {
                Kept::Passed => Verdict::Passed,
                Kept::Failed => Verdict::Failed,
                Kept::NotObserved => Verdict::NotObserved,
                Kept::Recorded => Verdict::Recorded,
            }),
            since: self.since.as_deref().map(since).transpose()?,
            text: self.text.clone(),
            not_in: self.not_in.clone(),
            show: match (self.first_failure, self.changes) {
                (true, _) => Show::FirstFailure,
                (_, true) => Show::Changes,
                _ => Show::All,
            },
            limit: Some(self.limit),
            after: self.after.clone(),
        })
    }
}

/// The time that a date or a duration before now stands for, RFC 3339.
fn since(text: &str) -> Result<String, CliError> {
    let ago = |ago: Duration| SystemTime::now().checked_sub(ago);
    let day = format!("{text}T00:00:00Z");
    let time = humantime::parse_rfc3339(text)
        .or_else(|_| humantime::parse_rfc3339(&day))
        .ok()
        .or_else(|| humantime::parse_duration(text).ok().and_then(ago));
    time.map(|time| humantime::format_rfc3339_seconds(time).to_string())
        .ok_or_else(|| {
            CliError::Usage(format!(
                "`{text}` is no time: write 2026-01-31, or 30d for 30 days ago"
            ))
        })
}

fn page_text(page: &Page) -> String {
    let mut text = String::new();
    let mut last = "";
    for row in &page.rows {
        if row.instance != last {
            text.push_str(&format!(
                "{}  {} ({})\n",
                row.instance, row.title, row.section
            ));
            last = &row.instance;
        }
        text.push_str(&row_text(row));
    }
    if let Some(next) = &page.next {
        text.push_str(&format!("there is more: add --after '{next}'\n"));
    }
    text
}

fn row_text(row: &Known) -> String {
    let mut text = format!(
        "    {:<24} {:<13} {}",
        row.release,
        row.verdict.words(),
        row.found
    );
    if let Some((release, verdict)) = &row.before {
        text.push_str(&format!("  was {} on {release}", verdict.words()));
    }
    if let Some(finding) = &row.finding {
        text.push_str(&format!("  finding {finding}"));
    }
    if row.conflicts > 0 {
        text.push_str(&format!(
            "  {} other verdicts under the same key",
            row.conflicts
        ));
    }
    text + "\n"
}

fn run_text(run: &ListedRun) -> String {
    let targets: Vec<String> = run
        .targets
        .iter()
        .map(|(name, count)| format!("{name} ({count})"))
        .collect();
    format!(
        "{}  {} s  {}\n",
        run.name,
        run.duration_ms / 1000,
        targets.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_date_or_a_duration() {
        assert_eq!(since("2026-01-31").unwrap(), "2026-01-31T00:00:00Z");
        assert_eq!(
            since("2026-01-31T10:00:00Z").unwrap(),
            "2026-01-31T10:00:00Z"
        );
        assert!(since("30d").unwrap().ends_with('Z'));
        assert!(since("soon").is_err());
    }
}

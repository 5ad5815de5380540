//! `pmsts report`: makes a report from records.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use pmsts_reports::formats::{badge, github, html, junit, markdown, tap};
use pmsts_reports::record::Results;
use pmsts_reports::store;

use super::{CliError, given, print, say};
use crate::cli::exit_code::ExitCode;

/// Make one report of any number of runs, for people or for programs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReportArgs {
    /// Records, each a results.json or the directory that holds it; shards of a run are merged
    #[arg(value_name = "RESULTS", required = true, value_hint = ValueHint::AnyPath)]
    results: Vec<PathBuf>,
    /// Exit with 3 if a shard is missing
    #[arg(long)]
    complete: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// File to write to [default: standard output]; for a site a directory, which must be given
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    output: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Directory of HTML pages: open its index.html in a browser, no server is needed
    #[default]
    Site,
    /// One HTML file that holds everything
    Html,
    /// The records, merged into one
    Json,
    /// `JUnit` XML, which CI systems read
    Junit,
    /// TAP version 14
    Tap,
    /// Markdown summary, which CI systems show with a job
    Markdown,
    /// Annotations, which GitHub reads from the output of a job
    Github,
    /// SVG badge
    Badge,
}

const EXAMPLES: &str = "\
Examples:
  pmsts report out/*.json --output site
  pmsts report portage/ pkgcore/ --format html --output report.html
  pmsts report out --format markdown >> \"$GITHUB_STEP_SUMMARY\"

Exit status: 0 the report was made, whatever the runs found, 2 wrong usage, 3 a file cannot be read or written, or with --complete a shard is missing.";

/// Runs `pmsts report`: makes the report, and prints which shards are missing from it.
pub(super) fn execute(args: &ReportArgs) -> Result<ExitCode, CliError> {
    let results = match args.format {
        Form::Site | Form::Html => given::by_suite(&args.results)?,
        _ => vec![given::merged(&args.results)?],
    };
    make(args, &results)?;
    let missing: Vec<String> = results.iter().flat_map(Results::missing).collect();
    for missing in &missing {
        say(&format!("{missing}: the report covers the other shards"));
    }
    Ok(if args.complete && !missing.is_empty() {
        ExitCode::Broken
    } else {
        ExitCode::Conforms
    })
}

/// Makes the report. Only the HTML formats take several records; for the others there is one merged record.
fn make(args: &ReportArgs, results: &[Results]) -> Result<(), CliError> {
    let merged = &results[0];
    let text = match args.format {
        Form::Site => {
            let Some(dir) = &args.output else {
                let message =
                    "a site is a directory: name it with --output DIR, or choose another --format";
                return Err(CliError::Usage(message.to_owned()));
            };
            site(results, dir)?;
            print(&format!("{}\n", dir.join("index.html").display()));
            return Ok(());
        }
        Form::Html => html::render(results)?,
        Form::Json => store::text(merged).map_err(html::HtmlError::from)?,
        Form::Junit => junit::render(merged),
        Form::Tap => tap::render(merged),
        Form::Markdown => markdown::render(merged),
        Form::Github => github::render(merged),
        Form::Badge => badge::render(merged),
    };
    match &args.output {
        Some(path) => store::write_text(&text, path)?,
        None => print(&text),
    }
    Ok(())
}

/// Writes a site. The data of an older site is removed, as the new one may not refer to all of it.
fn site(results: &[Results], dir: &Path) -> Result<(), CliError> {
    let data = dir.join("data");
    let failed = |source| CliError::Output {
        path: data.clone(),
        source,
    };
    if data.join("index.js").is_file() {
        fs::remove_dir_all(&data).map_err(failed)?;
    }
    fs::create_dir_all(&data).map_err(failed)?;
    html::site(results, |path, text| {
        let path = dir.join(path);
        fs::write(&path, text).map_err(|source| CliError::Output { path, source })
    })
}

//! `pmsts report`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use pmsts_reports::formats::{badge, github, html, junit, markdown, tap};
use pmsts_reports::record::Results;
use pmsts_reports::store;

use super::{CliError, given, print, say};
use crate::cli::exit_code::ExitCode;

/// Make a report of any number of runs: a site, or one text for a machine
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReportArgs {
    /// Each a results.json, or the directory that holds it; shards of a run are joined
    #[arg(value_name = "RESULTS", required = true, value_hint = ValueHint::AnyPath)]
    results: Vec<PathBuf>,
    /// Exit with 3 where a shard is missing
    #[arg(long)]
    complete: bool,
    /// What to make
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Where to write it: of a site the directory, of all else a file [default: standard output]
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    output: Option<PathBuf>,
}

/// What can be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A directory: open its index.html in a browser, no server is needed
    #[default]
    Site,
    /// One page that holds everything
    Html,
    /// The records joined into one
    Json,
    /// XML, as CI reads reports of tests
    Junit,
    /// TAP 14
    Tap,
    /// A summary, as CI shows on the page of a job
    Markdown,
    /// Annotations, as GitHub reads them from a job's output
    Github,
    /// An SVG badge
    Badge,
}

const EXAMPLES: &str = "\
Examples:
  pmsts report out/*.json --output site
  pmsts report portage/ pkgcore/ --format html --output report.html
  pmsts report out --format markdown >> \"$GITHUB_STEP_SUMMARY\"

Exit status: 0 whatever the runs found, 2 wrong usage, 3 a file cannot be read or written, or with --complete a shard is missing.";

/// Makes a report, and names shards that are missing from it.
pub(super) fn execute(args: &ReportArgs) -> Result<ExitCode, CliError> {
    let results = match args.format {
        Form::Site | Form::Html => given::by_suite(&args.results)?,
        _ => vec![given::merged(&args.results)?],
    };
    make(args, &results)?;
    let missing: Vec<String> = results.iter().flat_map(Results::missing).collect();
    for missing in &missing {
        say(&format!("{missing}: the report is of the others"));
    }
    Ok(if args.complete && !missing.is_empty() {
        ExitCode::Broken
    } else {
        ExitCode::Conforms
    })
}

/// Makes what is asked for of records, which for all but pages are one.
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

/// Writes a site. Data of an older one is removed: the new one may not speak of it.
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

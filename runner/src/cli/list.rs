//! `pmsts list`, `pmsts coverage` and `pmsts repo`: show cases, requirements and repositories without running anything.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use globset::Glob;
use pmsts_eclass_templates::{Renderer, write};
use pmsts_testcases::{
    Requirement, Selection, Suite, Variant, coverage, expand, percent, select, why_nothing,
};
use serde::Serialize;

use super::choice::ChoiceArgs;
use super::{CliError, Format, inputs, print, print_json};
use crate::cli::exit_code::ExitCode;
use crate::run::error::RunError;

/// List cases with their EAPIs and titles
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    choice: ChoiceArgs,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    section: &'a str,
    chapter: &'a str,
    requirements: &'a [String],
    eapis: String,
    /// Those of them that --eapi selects.
    chosen_eapis: String,
    disputed: Option<&'a str>,
    undefined: bool,
    rows: usize,
    sabotage: bool,
    /// The build that it stands on; several cases may share one.
    build: &'a str,
    file: &'a str,
    line: usize,
}

/// Runs `pmsts list`.
pub(super) fn list(args: &ListArgs) -> Result<ExitCode, CliError> {
    let suite = args.choice.suite()?;
    let chosen = select(&suite, &args.choice.selection())?;
    let listed: Vec<Listed<'_>> = chosen
        .iter()
        .map(|(index, eapis)| {
            let case = &suite.cases[*index];
            Listed {
                id: &case.id,
                title: &case.title,
                section: &case.section,
                chapter: case.chapter(),
                requirements: &case.requirements,
                eapis: case.eapis.to_string(),
                chosen_eapis: eapis.to_string(),
                disputed: case.disputed.as_deref(),
                undefined: case.undefined,
                rows: case.vectors.as_ref().map_or(0, |v| v.rows.len()),
                sabotage: case.sabotage.is_some(),
                build: &case.build.name,
                file: &case.origin.file,
                line: case.origin.line,
            }
        })
        .collect();
    match args.format {
        Format::Json => print_json(&listed),
        Format::Human if listed.is_empty() => {
            return Err(nothing(&suite, &args.choice.selection()));
        }
        Format::Human => {
            let width = listed.iter().map(|l| l.id.len()).max().unwrap_or_default();
            for one in &listed {
                print(&format!(
                    "{:width$}  {:<7}  {}\n",
                    one.id, one.eapis, one.title
                ));
            }
        }
    }
    Ok(if listed.is_empty() {
        ExitCode::NothingRan
    } else {
        ExitCode::Conforms
    })
}

/// The error for a selection that selects no case.
fn nothing(suite: &Suite, selection: &Selection) -> CliError {
    match why_nothing(suite, selection) {
        Ok(why) => CliError::Run(RunError::NothingChosen(why)),
        Err(error) => error.into(),
    }
}

/// Count the requirements that cases verify, and list those that no case verifies
#[derive(Debug, Args)]
pub(super) struct CoverageArgs {
    /// Ids of the requirements to count, with wildcards: 'ebuild-functions.*' [default: all]
    #[arg(value_name = "REQUIREMENT")]
    requirements: Vec<String>,
    /// Count the inputs instead that requirements about a command were tried with, by class, and list those with fewer
    /// than three
    #[arg(long)]
    inputs: bool,
    /// Read the case files in DIR instead of the built-in ones
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    cases_dir: Option<PathBuf>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs `pmsts coverage`.
pub(super) fn cover(args: &CoverageArgs) -> Result<ExitCode, CliError> {
    let suite = pmsts_testcases::Suite::of(args.cases_dir.as_deref())?;
    let globs: Vec<_> = args
        .requirements
        .iter()
        .map(|glob| {
            Glob::new(glob)
                .map(|g| g.compile_matcher())
                .map_err(|e| CliError::Usage(e.to_string()))
        })
        .collect::<Result<_, _>>()?;
    let admit = |r: &Requirement| globs.is_empty() || globs.iter().any(|g| g.is_match(&r.id));
    if args.inputs {
        return inputs::cover(&suite, admit, args.format);
    }
    let coverage = coverage(&suite, admit);
    match args.format {
        Format::Json => print_json(&coverage),
        Format::Human => {
            print(&format!(
                "{} requirements\n  testable         {:5}, verified {:5} ({} %)\n  partly testable  {:5}, verified {:5} ({} %)\n  not testable     {:5}\n",
                coverage.total,
                coverage.testable,
                coverage.covered,
                percent(coverage.covered, coverage.testable),
                coverage.partial,
                coverage.covered_partial,
                percent(coverage.covered_partial, coverage.partial),
                coverage.untestable,
            ));
            if !coverage.uncovered.is_empty() {
                print("not verified by any case:\n");
                coverage
                    .uncovered
                    .iter()
                    .for_each(|id| print(&format!("  {id}\n")));
            }
        }
    }
    Ok(ExitCode::Conforms)
}

/// Write the generated repositories into a directory, to read them or to run ebuilds by hand
#[derive(Debug, Args)]
pub(super) struct RepoArgs {
    /// Directory to write to: `shared` gets the builds that can share a repository, `alone/BUILD` each of the others
    #[arg(value_hint = ValueHint::DirPath)]
    dir: PathBuf,
    #[command(flatten)]
    choice: ChoiceArgs,
}

/// Runs `pmsts repo`.
pub(super) fn repo(args: &RepoArgs) -> Result<ExitCode, CliError> {
    let suite = args.choice.suite()?;
    let chosen = select(&suite, &args.choice.selection())?;
    let expanded = expand(&suite, &chosen, Variant::Plain)?;
    if expanded.builds.is_empty() {
        return Err(nothing(&suite, &args.choice.selection()));
    }
    let renderer = Renderer::new();
    let mut shared = renderer.skeleton().clone();
    let mut alone = 0;
    for build in &expanded.builds {
        let site = renderer.site(build)?;
        let plain = build.build.repository.is_empty()
            && build.build.repositories.is_empty()
            && build.build.profile.is_empty()
            && build.build.select_profile.is_none()
            && build.build.root.is_empty();
        if !plain || shared.add(&site).is_err() {
            alone += 1;
            write(&site.complete(), &args.dir.join("alone").join(&build.token))?;
        }
    }
    write(&shared.complete(), &args.dir.join("shared"))?;
    print(&format!(
        "{}: {} builds, {alone} of them in a repository of their own; repositories are in var/db/repos\n",
        args.dir.display(),
        expanded.builds.len()
    ));
    Ok(ExitCode::Conforms)
}

//! `pmsts spec`: holds the catalogue against a checkout of the PMS.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};
use pmsts_testcases::spec::{Anchors, Chapter, Place, SpecDiff, diff};
use pmsts_testcases::{Catalogue, PMS_REVISION, Section, Suite};

use super::checkout::git;
use super::{CliError, Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;

/// Hold the catalogue of requirements against the text of the PMS
#[derive(Debug, Args)]
pub(super) struct SpecArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what a newer text of the PMS changes: paragraphs with requirements, new obligations, labels that are gone
    #[command(after_help = DIFF_HELP)]
    Diff(DiffArgs),
    /// Print the anchors of the catalogue: a checksum of each paragraph, and the requirements that stand on it
    #[command(after_help = ANCHORS_HELP)]
    Anchors(AnchorsArgs),
}

#[derive(Debug, Args)]
struct DiffArgs {
    /// Directory with the LaTeX source of the newer text
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pms: PathBuf,
    /// Commit of that checkout to compare with [default: the one that the catalogue describes]
    #[arg(long, value_name = "REV")]
    from: Option<String>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Args)]
struct AnchorsArgs {
    /// Directory with the LaTeX source that the catalogue describes
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pms: PathBuf,
}

const DIFF_HELP: &str = "\
Paragraphs are compared by a checksum of their words, so that the text of the PMS is no part of pmsts. A paragraph obliges
somebody if it says must, shall, may not, required, illegal or is an error.

Examples:
  pmsts spec diff --pms ~/src/pms
  pmsts spec diff --pms ~/src/pms --from v8 --format json

Exit status: 0 the texts were compared, 2 wrong usage, 3 a file cannot be read.";

const ANCHORS_HELP: &str = "\
Example, after the catalogue was brought up to a newer text and its revision was changed:
  pmsts spec anchors --pms ~/src/pms > testcases/anchors.toml";

/// Files that repeat what the chapters say. Only their labels count.
const REPEATS: [&str; 4] = [
    "pms",
    "eapi-cheatsheet",
    "eapi-differences",
    "desk-reference",
];

/// Runs `pmsts spec`.
pub(super) fn execute(args: &SpecArgs) -> Result<ExitCode, CliError> {
    let suite = Suite::embedded()?;
    match &args.action {
        Action::Diff(args) => compare(args, &suite.catalogue),
        Action::Anchors(args) => anchors(args, &suite.catalogue),
    }
}

fn compare(args: &DiffArgs, catalogue: &Catalogue) -> Result<ExitCode, CliError> {
    let new = read(&args.pms)?;
    let pinned = Anchors::pinned();
    let sections = catalogue.values();
    let sections: BTreeMap<&str, &str> = sections
        .map(|it| (it.id.as_str(), it.section.as_str()))
        .collect();
    let found = if let Some(revision) = &args.from {
        let old = read_commit(&args.pms, revision)?;
        let (anchors, _) = Anchors::of(revision, &old, &Catalogue::new());
        diff(pinned, &anchors, &labels(&old), &new, &sections)
    } else {
        let labels = Section::labels().map(str::to_owned).collect();
        diff(pinned, pinned, &labels, &new, &sections)
    };
    match args.format {
        Format::Json => print_json(&found),
        Format::Human => print(&text(&found)),
    }
    Ok(ExitCode::Conforms)
}

fn anchors(args: &AnchorsArgs, catalogue: &Catalogue) -> Result<ExitCode, CliError> {
    // A directory that is no checkout is taken for the right text.
    if args.pms.join(".git").exists() {
        let head = git(&args.pms, &["rev-parse", "HEAD"])?;
        if head != PMS_REVISION {
            return Err(CliError::Usage(format!(
                "`{}` is at {head}, but the lines of the catalogue are those of {PMS_REVISION}: check that commit out",
                args.pms.display()
            )));
        }
    }
    let mut chapters = read(&args.pms)?;
    chapters.retain(|chapter| !chapter.paragraphs.is_empty());
    let (anchors, lost) = Anchors::of(PMS_REVISION, &chapters, catalogue);
    for id in lost {
        say(&format!(
            "warning: no paragraph of the text is in the lines of {id}"
        ));
    }
    print(&anchors.text());
    Ok(ExitCode::Conforms)
}

/// Reads the chapters of a directory.
fn read(dir: &Path) -> Result<Vec<Chapter>, CliError> {
    let failed = |path: &Path, source| CliError::Input {
        path: path.to_owned(),
        source,
    };
    let mut chapters = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| failed(dir, e))? {
        let path = entry.map_err(|e| failed(dir, e))?.path();
        if path.extension().is_some_and(|extension| extension == "tex") {
            let source = fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
            let name = path.file_stem().unwrap_or_default();
            chapters.push(chapter(&name.to_string_lossy(), &source));
        }
    }
    chapters.sort_by(|a, b| a.name.cmp(&b.name));
    if chapters.is_empty() {
        return Err(CliError::Usage(format!(
            "`{}` has no LaTeX source of the PMS: name a checkout of its repository",
            dir.display()
        )));
    }
    Ok(chapters)
}

/// Reads the chapters of a commit.
fn read_commit(dir: &Path, revision: &str) -> Result<Vec<Chapter>, CliError> {
    let files = git(dir, &["ls-tree", "--name-only", revision, "./"])?;
    let files = files.lines().filter_map(|file| file.strip_suffix(".tex"));
    files
        .map(|name| {
            let source = git(dir, &["show", &format!("{revision}:./{name}.tex")])?;
            Ok(chapter(name, &source))
        })
        .collect()
}

fn chapter(name: &str, source: &str) -> Chapter {
    let mut chapter = Chapter::read(name, source);
    if REPEATS.contains(&name) {
        chapter.paragraphs.clear();
    }
    chapter
}

fn labels(chapters: &[Chapter]) -> BTreeSet<String> {
    let all = chapters.iter().flat_map(|chapter| &chapter.labels);
    all.cloned().collect()
}

/// What changed as text for people.
fn text(found: &SpecDiff) -> String {
    let mut out = format!(
        "paragraphs with requirements that changed since {} ({})\n",
        found.from,
        found.changed.len()
    );
    for changed in &found.changed {
        out.push_str(&format!(
            "  {} ({}): {}\n",
            changed.label,
            changed.chapter,
            changed.requirements.join(", ")
        ));
        for place in &changed.now {
            out.push_str(&format!("    now {}\n", at(place)));
        }
    }
    let new = found.unnamed.iter().filter(|it| it.new).count();
    out.push_str(&format!(
        "\nobligations that no requirement names ({}, {new} of them new)\n",
        found.unnamed.len()
    ));
    for unnamed in &found.unnamed {
        let new = if unnamed.new { "new " } else { "" };
        out.push_str(&format!("  {new}{}\n", at(&unnamed.place)));
    }
    out.push_str(&format!("\nlabels that are gone ({})\n", found.gone.len()));
    for gone in &found.gone {
        let used = if gone.requirements.is_empty() {
            "no requirement uses it".to_owned()
        } else {
            gone.requirements.join(", ")
        };
        out.push_str(&format!("  {}: {used}\n", gone.label));
    }
    out
}

fn at(place: &Place) -> String {
    format!(
        "{}:{}-{} ({}): {}…",
        place.file, place.first_line, place.last_line, place.label, place.opening
    )
}

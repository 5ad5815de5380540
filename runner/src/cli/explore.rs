//! `pmsts explore`: draws inputs, and shows on which of them a package manager departs from a model of the PMS.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueHint};
use serde::Serialize;

use super::choice::ChoiceArgs;
use super::setup::{self, AdapterFiles, PmsArgs, SetupArgs};
use super::{CliError, Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::run::session::Session;
use crate::trials::explore::{self, Difference, KINDS, Kind, Step};
use pmsts_testcases::Eapi;
use pmsts_testcases::model::Build;

/// Search for inputs on which package managers depart from a model of the PMS, or from each other
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExploreArgs {
    /// Kinds of inputs [default: all]
    #[arg(value_name = "KIND", value_parser = PossibleValuesParser::new(possible()))]
    kinds: Vec<String>,
    /// How long to search; each kind is drawn at least once
    #[arg(long, value_name = "N", default_value_t = 5)]
    minutes: u64,
    /// Seed of the inputs [default: from the clock; it is printed, so that the search can be repeated]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// EAPI of the ebuilds, 8 or later
    #[arg(long, value_name = "EAPI", default_value = "8")]
    eapi: Eapi,
    /// Directory for a case file of each difference
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    pms: PmsArgs,
    #[command(flatten)]
    adapters: AdapterFiles,
    #[command(flatten)]
    setup: SetupArgs,
}

const EXAMPLES: &str = "\
Examples:
  pmsts explore --minutes 10 --output found          all kinds, the newest Portage and pkgcore; cases go to `found`
  pmsts explore versions --seed 1 --pm portage:.     pairs of versions, a checkout
  pmsts run --cases-dir found --pm portage:.         the cases that were found

A difference is no finding yet: judge the case by the text of the PMS, then add it to the library.

Exit status: 0 nothing differs, 1 something does, 2 wrong usage, 3 the harness or the set-up broke, 130 interrupted.";

#[derive(Serialize)]
struct Answer<'a> {
    seed: u64,
    inputs: usize,
    differences: &'a [Difference],
}

/// Runs `pmsts explore`.
pub(super) fn execute(args: &ExploreArgs) -> Result<ExitCode, CliError> {
    if "8".parse().is_ok_and(|first: Eapi| args.eapi < first) {
        return Err(CliError::Usage(format!(
            "--eapi {}: the inputs are for EAPI 8 and later",
            args.eapi
        )));
    }
    if let Some(dir) = &args.output {
        std::fs::create_dir_all(dir).map_err(|source| failed(dir, source))?;
    }
    let clock = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |it| it.as_secs())
    };
    let seed = args.seed.unwrap_or_else(clock);
    say(&format!("seed {seed}: repeat with --seed {seed}"));
    let config = args
        .setup
        .with_adapters(&args.pms.pm, &args.adapters, &ChoiceArgs::default())?;
    let kinds: Vec<&dyn Kind> = KINDS
        .iter()
        .copied()
        .filter(|kind| args.wants(*kind))
        .collect();
    let mut inputs = 0;
    let mut unwritten = None;
    let found = setup::provision(&config, |provisioner| {
        let (_, expanded) = explore::expanded(Build::default(), args.eapi);
        let session = Session::open(&config, provisioner, &expanded)?;
        let until = Instant::now() + Duration::from_secs(args.minutes * 60);
        let tell = |step: &Step<'_>| match step {
            Step::Round(kind, count, differing) => {
                inputs += count;
                say(&format!("{kind}: {count} inputs, {differing} differ"));
            }
            Step::Found(difference) => {
                if args.format == Format::Human {
                    print(&text(difference));
                }
                if let Some(dir) = &args.output {
                    unwritten = unwritten.take().or(write(dir, difference).err());
                }
            }
        };
        Ok(explore::explore(
            &config,
            &session,
            (&kinds, args.eapi),
            (seed, until),
            tell,
        )?)
    })?;
    if let Some(error) = unwritten {
        return Err(error);
    }
    match args.format {
        Format::Json => print_json(&Answer {
            seed,
            inputs,
            differences: &found,
        }),
        Format::Human => print(&format!("{inputs} inputs, {} differences\n", found.len())),
    }
    Ok(if found.is_empty() {
        ExitCode::Conforms
    } else {
        ExitCode::Departs
    })
}

fn possible() -> impl Iterator<Item = PossibleValue> {
    let kinds = KINDS.iter();
    kinds.map(|kind| PossibleValue::new(kind.name()).help(kind.about()))
}

impl ExploreArgs {
    fn wants(&self, kind: &dyn Kind) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|name| name == kind.name())
    }
}

fn text(difference: &Difference) -> String {
    let mut text = format!(
        "≠ {}\n    PMS (model)    {}\n",
        difference.input, difference.expected
    );
    for (target, said) in &difference.said {
        text += &format!("    {target:<14} {said}\n");
    }
    text
}

fn write(dir: &Path, difference: &Difference) -> Result<(), CliError> {
    let id = difference
        .case
        .lines()
        .find_map(|line| line.strip_prefix("id = "));
    let name = id.unwrap_or(difference.kind).trim_matches('"');
    let path = dir.join(format!("{name}.toml"));
    std::fs::write(&path, &difference.case).map_err(|source| failed(&path, source))
}

fn failed(path: &Path, source: std::io::Error) -> CliError {
    CliError::Output {
        path: path.to_owned(),
        source,
    }
}

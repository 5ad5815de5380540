//! `pmsts sabotage`: proves that cases can fail.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueHint};
use pmsts_testcases::{Suite, Variant, expand, select, why_nothing};

use super::choice::ChoiceArgs;
use super::progress::Progress;
use super::setup::{self, AdapterFiles, BatchArgs, PmsArgs, SetupArgs};
use super::{CliError, Format, given, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::run::error::RunError;
use crate::run::session::Session;
use crate::trials::sabotage::{Cases, Trial, sabotage};

/// Prove that cases can fail: break something in their builds until each case notices it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SabotageArgs {
    /// Number of sabotages to try on a build, at most
    #[arg(long, default_value_t = 12, value_name = "N")]
    rounds: usize,
    /// Record of the same cases (a results.json or its directory) to use instead of a first run without sabotage
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    passed: Option<PathBuf>,
    /// Share of cases that must notice a sabotage, in percent
    #[arg(long, default_value_t = 95, value_name = "PERCENT")]
    least: usize,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    pms: PmsArgs,
    #[command(flatten)]
    adapters: AdapterFiles,
    #[command(flatten)]
    batch: BatchArgs,
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
}

const EXAMPLES: &str = "\
A sabotage breaks something that a case depends on; the case notices it by failing. Sabotages are derived from the \
observations of a case and from its build: commands do nothing or fail, variables are unset, the image is empty, \
phases do not report, all parts of the build are missing, then each of them. A case may define a sabotage of its \
own. At last the observations are altered before they are judged, which shows only that they are compared. Each \
case runs in its newest EAPI unless --eapi is given.

Examples:
  pmsts sabotage 'dosym*'                        some cases
  pmsts sabotage --partition hash:today/7 --format json
                                                a seventh of all cases, a different one every day
  pmsts sabotage --passed out/results.json       takes from out/results.json which cases pass

Exit status: 0 enough cases noticed a sabotage, 1 too few, 2 wrong usage, 3 the harness broke, 4 nothing ran, 130 interrupted.";

/// Runs `pmsts sabotage`.
pub(super) fn execute(args: &SabotageArgs) -> Result<ExitCode, CliError> {
    let mut config = args
        .setup
        .with_adapters(&args.pms.pm, &args.adapters, &args.choice)?;
    args.batch.apply(&mut config);
    let suite = Arc::new(args.choice.suite()?);
    let chosen = select(&suite, &config.selection)?;
    let plain = expand(&suite, &chosen, Variant::Plain)?;
    if plain.instances.is_empty() {
        return Err(RunError::NothingChosen(why_nothing(&suite, &config.selection)?).into());
    }
    let mut known = args.passed.as_deref().map(given::results).transpose()?;
    let quiet = args.format == Format::Json;
    let found = setup::provision(&config, |provisioner| {
        let session = Session::open(&config, provisioner, &plain)?;
        let tell = |what: &str| say(what);
        let cases = Cases {
            suite: &suite,
            chosen: &chosen,
            known: known.take(),
            rounds: args.rounds,
        };
        let sinks = || -> Vec<Box<dyn crate::record::events::Sink>> {
            vec![Box::new(Progress::new(
                quiet,
                "failed (expected under sabotage)",
            ))]
        };
        Ok(sabotage(&config, &session, cases, tell, sinks)?)
    })?;
    match (args.format, &found[..]) {
        // One package manager is the usual number: its result is printed without a list around it.
        (Format::Json, [one]) => print_json(one),
        (Format::Json, all) => print_json(&all),
        (Format::Human, all) => all.iter().for_each(|one| show(one, &suite)),
    }
    Ok(exit_code(&found, args.least))
}

fn show(found: &Trial, suite: &Suite) {
    print(&format!(
        "\n{}: {} of {} cases noticed a sabotage\n",
        found.target, found.caught, found.cases
    ));
    let place = |id: &str| {
        let case = suite.case(id);
        let place = case.map(|case| format!("{}:{}", case.origin.file, case.origin.line));
        place.unwrap_or_default()
    };
    for id in &found.missed {
        print(&format!("  missed   {id}  {}\n", place(id)));
    }
    for (id, reason) in &found.excused {
        print(&format!("  excused  {id}: {reason}\n"));
    }
    for id in &found.stale {
        let by = &found.by[id];
        let place = place(id);
        print(&format!(
            "  stale    {id}  {place}: noticed `{by}`: remove the key `unsabotaged`\n"
        ));
    }
    if !found.not_passing.is_empty() {
        let ids = found.not_passing.join(" ");
        print(&format!("  not tried, as they do not pass here: {ids}\n"));
    }
}

fn exit_code(found: &[Trial], least: usize) -> ExitCode {
    if found.iter().any(|f| f.interrupted) {
        ExitCode::Interrupted
    } else if found.iter().all(|f| f.cases == 0) {
        ExitCode::NothingRan
    } else if found.iter().any(|f| f.caught * 100 < f.cases * least) {
        ExitCode::Departs
    } else {
        ExitCode::Conforms
    }
}

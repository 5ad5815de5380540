//! `pmsts control`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueHint};
use pmsts_reports::store;
use pmsts_testcases::{EapiChoice, Suite, Variant, expand, select, why_nothing};

use super::choice::ChoiceArgs;
use super::progress::Progress;
use super::setup::{self, SetupArgs};
use super::{CliError, Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::run::error::RunError;
use crate::run::session::Session;
use crate::trials::sabotage::{Cases, Controlled, control};

/// Prove that cases can fail: run each under sabotage until it notices one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ControlArgs {
    /// Most sabotages of a build
    #[arg(long, default_value_t = 12, value_name = "N")]
    rounds: usize,
    /// A record of the same cases (`results.json`) that tells what passes, instead of running them as they are
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    passed: Option<PathBuf>,
    /// Least share of cases that must notice, in percent
    #[arg(long, default_value_t = 95, value_name = "PERCENT")]
    least: usize,
    /// How standard output is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
}

const EXAMPLES: &str = "\
Sabotages come from what a case observes and is made of: commands that do nothing or fail, variables that are gone, an
empty image, phases that are not heard, a build without its ingredients, then without each; a case may name its own.
At last what was observed is judged as if it had arrived altered, which shows no more than that something is
compared. Each case runs in its newest EAPI unless --eapi says otherwise.

Examples:
  pmsts control 'dosym*'                        some cases
  pmsts control --partition hash:today/7 --format json
                                                a seventh of all, another one every day
  pmsts control --passed out/results.json       without running again what out/results.json has of these cases

Exit status: 0 enough cases noticed a sabotage, 1 too few, 2 wrong usage, 3 the harness broke, 4 nothing ran, 130 interrupted.";

/// Does what `args` ask for.
pub(super) fn execute(args: &ControlArgs) -> Result<ExitCode, CliError> {
    let mut config = args.setup.config(&args.choice)?;
    if config.selection.eapis == EapiChoice::Boundary {
        config.selection.eapis = EapiChoice::Latest;
    }
    let suite = Arc::new(args.choice.suite()?);
    let chosen = select(&suite, &config.selection)?;
    let plain = expand(&suite, &chosen, Variant::Plain)?;
    if plain.instances.is_empty() {
        return Err(RunError::NothingChosen(why_nothing(&suite, &config.selection)?).into());
    }
    let mut known = args.passed.as_deref().map(store::read).transpose()?;
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
                "failed (under sabotage they should)",
            ))]
        };
        Ok(control(&config, &session, cases, tell, sinks)?)
    })?;
    match (args.format, &found[..]) {
        // One package manager is the usual case, and needs no list around it.
        (Format::Json, [one]) => print_json(one),
        (Format::Json, all) => print_json(&all),
        (Format::Human, all) => all.iter().for_each(|one| show(one, &suite)),
    }
    Ok(exit_code(&found, args.least))
}

fn show(found: &Controlled, suite: &Suite) {
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
        print(&format!(
            "  not passing here, and so not controlled: {ids}\n"
        ));
    }
}

fn exit_code(found: &[Controlled], least: usize) -> ExitCode {
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

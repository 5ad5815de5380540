//! `pmsts control`.

use std::sync::Arc;

use clap::Args;
use pmsts_testcases::{EapiChoice, Suite, Variant, expand, select};

use super::choice::ChoiceArgs;
use super::progress::Progress;
use super::setup::{self, SetupArgs};
use super::{CliError, Format, print, print_json, say};
use crate::controls::{Controlled, control};
use crate::exit_code::ExitCode;
use crate::run::RunError;
use crate::session::Session;

/// Prove that cases can fail: run each under sabotage until it notices one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ControlArgs {
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Most sabotages of a build
    #[arg(long, default_value_t = 16, value_name = "N")]
    rounds: usize,
    /// Least share of cases that must notice, in percent
    #[arg(long, default_value_t = 95, value_name = "PERCENT")]
    least: usize,
    /// How standard output is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Sabotages come from what a case observes: commands that do nothing, variables that are gone, another image, phases that are
not heard, an ingredient of the build left out, altered values; a case may name its own. Each case runs in its newest EAPI
unless --eapi says otherwise.

Examples:
  pmsts control 'dosym*'                        some cases
  pmsts control --partition today/7 --format json a seventh of all, another one every day

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
        return Err(RunError::NothingChosen.into());
    }
    let quiet = args.format == Format::Json;
    let found = setup::provision(&config, |provisioner| {
        let session = Session::open(&config, provisioner, &plain)?;
        let tell = |what: &str| say(what);
        let sinks = || -> Vec<Box<dyn crate::sink::Sink>> { vec![Box::new(Progress::new(quiet))] };
        Ok(control(
            &config,
            &session,
            &suite,
            &chosen,
            args.rounds,
            tell,
            sinks,
        )?)
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
        found.domain, found.caught, found.cases
    ));
    for id in &found.missed {
        let place = suite
            .case(id)
            .map(|case| format!("{}:{}", case.origin.file, case.origin.line));
        print(&format!("  missed  {id}  {}\n", place.unwrap_or_default()));
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

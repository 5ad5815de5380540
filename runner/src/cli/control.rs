//! `pmsts control`.

use std::sync::Arc;

use clap::Args;
use pmsts_testcases::{EapiChoice, EapiSet, Suite, Variant, expand, select};

use super::choice::ChoiceArgs;
use super::progress::Progress;
use super::setup::{self, SetupArgs};
use super::{CliError, Format, print, print_json, say};
use crate::controls::{Controlled, control};
use crate::exit_code::ExitCode;
use crate::run::{RunError, Session};

/// Prove that cases can fail: run each under sabotage until it notices one
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ControlArgs {
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// A part of the cases: K of N, such as 2/7; with `today` for K, another one every day
    #[arg(long, value_name = "K/N", default_value = "1/1")]
    share: Share,
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
  pmsts control --share today/7 --format json   a seventh of all, another one every day

Exit status: 0 enough cases noticed a sabotage, 1 too few, 2 wrong usage, 3 the harness broke, 4 nothing ran, 130 interrupted.";

/// A part of the cases.
#[derive(Debug, Clone, Copy)]
struct Share {
    part: u64,
    of: u64,
}

impl std::str::FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no share: write K/N with K from 1 to N, or today/N");
        let (part, of) = text.split_once('/').ok_or_else(wrong)?;
        let of: u64 = of.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
        let part = if part == "today" {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.map_or(0, |d| d.as_secs() / 86_400) % of
        } else {
            let part: u64 = part.parse().map_err(|_| wrong())?;
            part.checked_sub(1).filter(|p| *p < of).ok_or_else(wrong)?
        };
        Ok(Self { part, of })
    }
}

impl Share {
    /// Stable under added cases: it depends on the case's own name.
    fn has(self, id: &str) -> bool {
        let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // The low bits of this hash are the worst ones.
        (hash >> 32) % self.of == self.part
    }
}

/// Does what `args` ask for.
pub(super) fn execute(args: &ControlArgs) -> Result<ExitCode, CliError> {
    let mut config = args.setup.config(&args.choice)?;
    if config.selection.eapis == EapiChoice::Boundary {
        config.selection.eapis = EapiChoice::Latest;
    }
    let suite = Arc::new(args.choice.suite()?);
    let chosen: Vec<(usize, EapiSet)> = select(&suite, &config.selection)?
        .into_iter()
        .filter(|(case, _)| args.share.has(&suite.cases[*case].id))
        .collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_all_cases_each_once() {
        let shares: Vec<Share> = (1..=7).map(|k| format!("{k}/7").parse().unwrap()).collect();
        let suite = Suite::embedded().unwrap();
        for case in &suite.cases {
            assert_eq!(shares.iter().filter(|s| s.has(&case.id)).count(), 1);
        }
        let sizes = shares
            .iter()
            .map(|s| suite.cases.iter().filter(|c| s.has(&c.id)).count());
        let most = suite.cases.len() / 7 * 2;
        assert!(
            sizes.clone().all(|n| n > 0 && n < most),
            "{:?}",
            sizes.collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_wrong_share_is_refused() {
        for text in ["0/7", "8/7", "x", "1/0", "/"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}

//! `pmsts bisect`: finds the release or commit in which a verdict changed.

use std::collections::BTreeMap;

use clap::Args;
use pmsts_reports::record::{Instance, Results};
use pmsts_testcases::{Outcome, Verdict};

use super::choice::ChoiceArgs;
use super::places::Places;
use super::setup::{self, AdapterFiles, BatchArgs, SetupArgs};
use super::{CliError, print, say};
use crate::cli::exit_code::ExitCode;
use crate::provision::{Error, Provisioner, Source, Spec};
use crate::run;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::trials::bisect::{Change, Verdicts, bisect, turning};

/// Find the release, or the commit of a checkout, in which the verdict on a case changed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BisectArgs {
    /// Release or git revision with one verdict
    #[arg(long, value_name = "RELEASE")]
    good: String,
    /// Release or git revision with the other verdict; may be older or newer
    #[arg(long, value_name = "RELEASE")]
    bad: String,
    /// Package manager: portage (search its releases) or portage:DIR (search the commits of a git checkout)
    #[arg(long, value_name = "SPEC")]
    pm: Spec,
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
Examples:
  pmsts bisect doins-symlink --pm portage --good 3.0.83 --bad 3.0.40
  pmsts bisect doins-symlink --pm portage:. --good HEAD --bad portage-3.0.60 --eapi 8

Exit status: 0 the change was found, 2 wrong usage or the same verdicts at both ends, 3 the harness or the \
set-up broke, 130 interrupted.";

/// Runs `pmsts bisect`.
pub(super) fn execute(args: &BisectArgs) -> Result<ExitCode, CliError> {
    let spec = &args.pm;
    let mut config =
        args.setup
            .with_adapters(std::slice::from_ref(spec), &args.adapters, &args.choice)?;
    args.batch.apply(&mut config);
    if config.selection.cases.is_empty() {
        return Err(usage("no case given: `pmsts list` prints all case ids"));
    }
    setup::provision(&config, |provisioner| {
        let places = match &spec.source {
            Source::Dir(dir) => Places::commits(&spec.pm, dir, (&args.good, &args.bad))?,
            _ => releases(spec, args, provisioner)?,
        };
        Search {
            config: &config,
            places,
            seen: BTreeMap::new(),
            turning: Vec::new(),
        }
        .go(provisioner)
    })
}

fn usage(words: impl Into<String>) -> CliError {
    CliError::Usage(words.into())
}

/// The releases from one end to the other, oldest first.
fn releases(
    spec: &Spec,
    args: &BisectArgs,
    provisioner: &mut Provisioner<'_>,
) -> Result<Places, CliError> {
    let (pm, good, bad) = (&spec.pm, &args.good, &args.bad);
    let forward = format!("{pm}@{good}..{bad}").parse::<Spec>();
    let backward = format!("{pm}@{bad}..{good}").parse::<Spec>();
    let range = forward.or(backward).map_err(Error::Spec)?;
    Places::releases(&range, provisioner)
}

/// The instances that ran on a release or commit, or the reason why it cannot run here.
type Seen = Result<Vec<Instance>, String>;

struct Search<'a> {
    config: &'a RunConfig,
    places: Places,
    seen: BTreeMap<usize, Seen>,
    /// Ids of the instances whose verdict differs between the two ends.
    turning: Vec<String>,
}

impl Search<'_> {
    fn go(mut self, provisioner: &mut Provisioner<'_>) -> Result<ExitCode, CliError> {
        let last = self.places.len().saturating_sub(1);
        for end in [0, last] {
            self.ask(end, provisioner)?;
            if let Some(Err(reason)) = self.seen.get(&end) {
                let name = self.shown(end);
                return Err(usage(format!("{name} cannot run here: {reason}")));
            }
        }
        self.turning = turning(&self.verdicts(0), &self.verdicts(last));
        if self.turning.is_empty() {
            print(&self.side(0));
            return Err(usage(format!(
                "{} and {} have the same verdicts: name two ends whose verdicts differ",
                self.shown(0),
                self.shown(last)
            )));
        }
        let change = bisect(self.places.len(), |place| {
            self.ask(place, provisioner)?;
            Ok::<_, CliError>(self.as_first(place))
        })?;
        print(&format!("{}\n\n", self.named(&change)));
        print(&self.side(change.before));
        print(&self.side(change.after));
        for place in change.silent {
            let name = self.shown(place);
            print(&format!("{name}, between them, cannot run here\n"));
        }
        Ok(ExitCode::Conforms)
    }

    fn ask(&mut self, place: usize, provisioner: &mut Provisioner<'_>) -> Result<(), CliError> {
        let config = RunConfig {
            pms: vec![self.places.turn_to(place)?],
            ..self.config.clone()
        };
        let seen = match run::run(&config, provisioner, Vec::new) {
            Ok(results) if results.interrupted => return Err(Error::Interrupted.into()),
            Ok(results) => instances(results),
            Err(RunError::Provision(Error::Interrupted)) => return Err(Error::Interrupted.into()),
            Err(RunError::Provision(error)) => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        say(&format!("{}: {}", self.shown(place), words(&seen)));
        self.seen.insert(place, seen);
        Ok(())
    }

    fn shown(&self, place: usize) -> String {
        line(self.places.shown(place))
    }

    /// Names the release or commit in which the verdict changed.
    fn named(&self, change: &Change) -> String {
        let (older, newer) = (self.shown(change.before), self.shown(change.after));
        if change.silent.is_empty() {
            format!("changed in {newer}\nthe release or commit before it is {older}")
        } else {
            format!("changed after {older}\nin {newer} at the latest")
        }
    }

    /// Whether a release or commit has the verdicts of the first one; `None` if it cannot run.
    fn as_first(&self, place: usize) -> Option<bool> {
        self.seen.get(&place)?.as_ref().ok()?;
        let (first, here) = (self.verdicts(0), self.verdicts(place));
        Some(self.turning.iter().all(|id| first.get(id) == here.get(id)))
    }

    fn verdicts(&self, place: usize) -> Verdicts {
        let instances = self.seen.get(&place).and_then(|seen| seen.as_ref().ok());
        let pair = |i: &Instance| (i.id.clone(), i.verdict);
        instances.into_iter().flatten().map(pair).collect()
    }

    /// A release or commit with its verdicts, and the observations that differ from what is expected.
    fn side(&self, place: usize) -> String {
        let mut out = format!("{}\n", self.shown(place));
        let instances = self.seen.get(&place).and_then(|seen| seen.as_ref().ok());
        for instance in instances.into_iter().flatten() {
            let verdict = instance.verdict.words();
            out.push_str(&format!("  {}: {verdict}\n", instance.id));
            let differing = |o| matches!(o, Outcome::Differs | Outcome::Missing);
            for compared in instance.compared.iter().filter(|f| differing(f.outcome)) {
                let actual = compared.actual.as_ref();
                let actual = actual.map_or("nothing".to_owned(), |a| line(&a.printable()));
                let (address, expected) = (&compared.address, line(&compared.expected));
                out.push_str(&format!("    {address}: {actual}, expected {expected}\n"));
            }
            if let Some(reason) = &instance.reason {
                out.push_str(&format!("    {}\n", line(reason)));
            }
        }
        out + "\n"
    }
}

/// The instances of a run. A package manager that does not start, or an error of the harness, counts as one that
/// cannot run.
fn instances(results: Results) -> Seen {
    if let Some(reason) = results.targets.iter().find_map(|r| r.broken.clone()) {
        return Err(reason);
    }
    let instances: Vec<Instance> = results
        .targets
        .into_iter()
        .flat_map(|r| r.instances)
        .collect();
    let fault = |i: &&Instance| i.verdict == Verdict::Error;
    match instances.iter().find(fault) {
        Some(fault) => Err(fault.reason.clone().unwrap_or_default()),
        None => Ok(instances),
    }
}

fn words(seen: &Seen) -> String {
    let instances = match seen {
        Ok(instances) => instances,
        Err(reason) => return format!("cannot run here: {reason}"),
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for instance in instances {
        *counts.entry(instance.verdict.words()).or_default() += 1;
    }
    let counts = counts
        .iter()
        .map(|(words, count)| format!("{count} {words}"));
    counts.collect::<Vec<_>>().join(", ")
}

/// Text on one line with control characters escaped, as ebuilds and package managers may print any.
fn line(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(shown).collect()
}

//! `pmsts run`: runs cases on package managers and reports the verdicts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueHint};
use pmsts_reports::formats::terminal::{self, Detail};
use pmsts_reports::formats::{html, junit};
use pmsts_reports::record::{Instance, Results, TargetRecord};
use pmsts_reports::{repeat_options, store};
use pmsts_testcases::{EapiChoice, Selection, Verdict};

use super::choice::ChoiceArgs;
use super::events::Events;
use super::ledgers::Ledgers;
use super::progress::Progress;
use super::setup::{self, AdapterFiles, BatchArgs, PmsArgs, SetupArgs};
use super::{CliError, Format, given, inside, print, print_json, say, width};
use crate::affected::Checkouts;
use crate::cli::exit_code::ExitCode;
use crate::provision::Cache;
use crate::record::events::Sink;
use crate::record::known::Known;
use crate::run;
use crate::run::config::RunConfig;
use crate::run::rerun::{self, What};
use crate::schedule::StopEarly;
use crate::verdicts::remote::Auto;
use crate::verdicts::{self, Rule};

/// Run cases on package managers, judge the observations against the PMS, and report
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct RunArgs {
    /// Directory for results.json, report.html and junit.xml
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
    /// Ledger of one package manager: a file of known findings, which then do not fail the run; repeatable. Without it
    /// pmsts shows which failures it knows, and they fail the run; `none` hides that
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, alias = "expectations")]
    ledger: Vec<PathBuf>,
    /// Write the failures that this run finds into the ledgers
    #[arg(long, requires = "ledger")]
    bless: bool,
    /// Run every case N times, and report verdicts that differ between the times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Run the failed instances of a record (a results.json or its directory) again, or all of its instances, on the
    /// same package managers or those of --pm. CASE (before this option), --section and --requirement select among
    /// them. The new record keeps nothing of the old one
    #[arg(long, num_args = 1..=2, value_names = ["RESULTS", "failed|all"], conflicts_with = "resume")]
    rerun: Vec<String>,
    /// Continue an interrupted run: keep the verdicts of its record, and run the instances that have none
    #[arg(long, value_name = "RESULTS", value_hint = ValueHint::AnyPath, conflicts_with = "repeat")]
    resume: Option<PathBuf>,
    /// Keep what is observed in the cache, and reuse it in later runs if nothing that it depends on has changed
    #[arg(long)]
    cache: bool,
    /// Ask a store of others for observations, and give it those of this run: `http://HOST` or `https://HOST`,
    /// followed by any of ,cases=GLOB ,mode=read ,token=VARIABLE (the variable that holds the token, `PMSTS_STORE_TOKEN`
    /// unless given); `none` is no store; `auto` starts one on the cache for this run. Repeatable: for each case the first that
    /// fits counts
    #[arg(long, value_name = "STORE")]
    store: Vec<Rule>,
    /// Exit with 3 if a store cannot be used, in place of running without it
    #[arg(long)]
    store_required: bool,
    /// Run a case that failed up to N more times; a case that then passes counts as flaky
    #[arg(long, value_name = "N", default_value_t = 0)]
    retries: u32,
    /// Exit with 1 if a case is flaky
    #[arg(long)]
    flaky_fails: bool,
    /// Stop after N failures that no ledger knows, 1 if N is not given, and report what was not run
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", require_equals = true)]
    fail_fast: Option<u32>,
    /// On a checkout (portage:DIR), begin with what its changes since REV, a revision of git, touch [default: those since
    /// the last run that ended by itself; `pmsts map` records once what each build uses]
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// Begin nothing new after SECONDS, and report what was not run
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<u64>,
    /// List every failure, known ones included, not only the new findings
    #[arg(long)]
    verbose: bool,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write each event of the run to FILE as a line of JSON, as it happens; FILE can be a pipe
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    events: Option<PathBuf>,
    /// Run inside another testbed, which a virt-server of autopkgtest opens: 'autopkgtest-virt-schroot sid'. pmsts copies
    /// itself in, runs there with its own testbeds, and fetches the record
    #[arg(long = "in", value_name = "SERVER")]
    inside: Option<String>,
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
Examples:
  pmsts run                                          the newest Portage and pkgcore, every case
  pmsts run --pm portage@3.0.83 --output out         one release, with a report
  pmsts run --pm portage:. 'dosym*' --eapi 8         a checkout, some cases in one EAPI
  pmsts run --requirement 'ebuild-functions.*' --eapi all
  pmsts run --rerun out failed                       the failures of an earlier run, once more
  pmsts run --resume out --output out                the rest of an interrupted run
  pmsts run --pm portage:. --cache                   all cases; reuses verdicts that still hold
  pmsts run --pm portage:. --since HEAD~3 --fail-fast   what the last three commits touch comes first
  pmsts run --testbed tree:stage3.tar.xz --pm portage  the Portage of a Gentoo, in its own system
  pmsts run --in 'autopkgtest-virt-schroot sid' --pm portage@3.0.83
  pmsts run --store https://store.example            asks others first, and tells them

Exit status: 0 nothing failed, 1 a package manager departs from the PMS, 2 wrong usage,
3 the harness or the set-up broke, 4 nothing ran, 130 interrupted.";

/// Runs `pmsts run`.
pub(super) fn execute(args: &RunArgs) -> Result<ExitCode, CliError> {
    let mut config = args
        .setup
        .with_adapters(&args.pms.pm, &args.adapters, &args.choice)?;
    args.batch.apply(&mut config);
    (config.repeat, config.retries, config.cache) = (args.repeat, args.retries, args.cache);
    (config.stores, config.stores_required) = (args.store.clone(), args.store_required);
    config.stop = StopEarly {
        failures: args.fail_fast,
        time: args.max_time.map(Duration::from_secs),
    };
    let cache = Cache::from_env()?;
    let checkouts = Checkouts::look(&cache, &config.pms, args.since.as_deref())?;
    config.orders = checkouts.orders();
    // It ends with this run.
    let _service = start_service(&mut config, &cache)?;
    let again = args.again()?;
    if config.selection.eapis == EapiChoice::Random {
        say(&format!(
            "seed {}: repeat with --eapi random --seed {0}",
            config.selection.seed
        ));
    }
    if let Some(dir) = &args.output {
        // A directory that cannot be made is reported now, not after the run.
        std::fs::create_dir_all(dir).map_err(|source| CliError::Output {
            path: dir.clone(),
            source,
        })?;
    }
    if let Some(server) = &args.inside {
        let status = inside::execute(server, args.output.as_ref(), config.socket)?;
        return Ok(ExitCode::of_another(status));
    }
    let ledgers = Ledgers::read(&args.ledger, args.bless, config.cases.as_deref())?;
    let ledgers = Arc::new(ledgers);
    let known = Arc::clone(&ledgers);
    config.known = Known::new(move |target, instance| known.know(target, instance));
    let quiet = args.format == Format::Json;
    checkouts.words().iter().for_each(|line| say(line));
    let failures = ledgers.words();
    let events = args.events.as_deref().map(Events::create).transpose()?;
    let is_new = |target: &str, instance: &Instance| !ledgers.know(target, instance);
    let sinks = || -> Vec<Box<dyn Sink + '_>> {
        let progress = Progress::new(quiet, failures).announcing(is_new);
        let progress: Box<dyn Sink + '_> = Box::new(progress);
        let events = events.iter().map(|e| Box::new(e.again()) as Box<dyn Sink>);
        std::iter::once(progress).chain(events).collect()
    };
    let mut results = setup::provision(&config, |provisioner| {
        Ok(match &again {
            Some((record, what)) => rerun::run(&config, record, *what, provisioner, sinks)?,
            None => run::run(&config, provisioner, sinks)?,
        })
    })?;
    if let Some((record, what)) = &again {
        tell_lost(&config.selection, &rerun::lost(record, *what, &results));
    }
    let options = repeat_options(&results.arguments);
    for target in &mut results.targets {
        target.options.clone_from(&options);
    }
    ledgers.annotate(&mut results);
    checkouts.remember(&cache, &results)?;
    tell_stores(&config, &cache, &results);
    if args.format == Format::Json {
        print_json(&results);
    } else {
        print(&terminal::report(&results, width(), args.detail()));
    }
    if args.format == Format::Human && again.is_none() {
        args.choice.print_more()?;
    }
    if let Some(dir) = &args.output {
        write(&results, dir)?;
        if args.format == Format::Human {
            print(&format!(
                "\nreport: {}\n",
                dir.join("report.html").display()
            ));
        }
    }
    if args.bless {
        return ledgers.bless(&results);
    }
    let away = results.stores.iter().any(|it| it.away.is_some());
    if args.store_required && away && !results.interrupted {
        return Ok(ExitCode::Broken);
    }
    let code = exit_code(&results);
    let mut instances = results.targets.iter().flat_map(|run| &run.instances);
    if code == ExitCode::Conforms && args.flaky_fails && instances.any(|i| i.flaky) {
        return Ok(ExitCode::Departs);
    }
    Ok(code)
}

impl RunArgs {
    /// How much of the failures to print.
    fn detail(&self) -> Detail {
        if self.verbose {
            Detail::Everything
        } else {
            Detail::NewFindings
        }
    }

    /// The record that --resume or --rerun names, and which of its instances to run.
    fn again(&self) -> Result<Option<(Results, What)>, CliError> {
        if let Some(path) = &self.resume {
            return Ok(Some((given::results(path)?, What::Open)));
        }
        let Some((path, what)) = self.rerun.split_first() else {
            return Ok(None);
        };
        let what = match what.first().map(String::as_str) {
            None | Some("failed") => What::Failed,
            Some("all") => What::All,
            Some(other) => {
                return Err(CliError::Usage(format!(
                    "`--rerun RESULTS {other}`: write `failed` or `all` after RESULTS, and cases before --rerun"
                )));
            }
        };
        Ok(Some((given::results(Path::new(path))?, what)))
    }
}

/// Starts the service of `--store auto`, if that is asked for.
fn start_service(config: &mut RunConfig, cache: &Cache) -> Result<Option<Auto>, CliError> {
    if !config.stores.iter().any(Rule::is_auto) {
        return Ok(None);
    }
    let auto = Auto::start(&verdicts::local_path(cache))?;
    say(&format!("store: {} for this run", auto.address));
    for rule in config.stores.iter_mut().filter(|rule| rule.is_auto()) {
        *rule = rule.at(auto.address.clone());
    }
    Ok(Some(auto))
}

/// Tells the stores of the run. A store that cannot be written takes nothing from the results.
fn tell_stores(config: &RunConfig, cache: &Cache, results: &Results) {
    if !config.cache && config.stores.is_empty() {
        return;
    }
    let local = config.cache.then(|| verdicts::local_path(cache));
    if let Err(error) = verdicts::tell(results, local.as_deref(), &config.stores) {
        say(&format!("this run is not listed in the store: {error}"));
    }
}

fn tell_lost(selection: &Selection, lost: &BTreeSet<String>) {
    let narrowed = [
        &selection.cases,
        &selection.sections,
        &selection.requirements,
    ];
    if !lost.is_empty() && narrowed.iter().all(|globs| globs.is_empty()) {
        let ids: Vec<&str> = lost.iter().map(String::as_str).collect();
        say(&format!(
            "not run, as this suite does not have them: {}",
            ids.join(", ")
        ));
    }
}

fn write(results: &Results, dir: &Path) -> Result<(), CliError> {
    store::write(results, &dir.join("results.json")).map_err(|e| rescue(results, e))?;
    store::write_text(&junit::render(results), &dir.join("junit.xml"))?;
    store::write_text(
        &html::render(std::slice::from_ref(results))?,
        &dir.join("report.html"),
    )?;
    Ok(())
}

/// Writes the record to a temporary file instead, so that results are not lost when the disk is full.
fn rescue(results: &Results, error: store::StoreError) -> CliError {
    let kept = tempfile::Builder::new()
        .prefix("pmsts-results-")
        .suffix(".json")
        .tempfile()
        .and_then(|file| Ok(file.keep()?.1));
    match kept {
        Ok(path) if store::write(results, &path).is_ok() => CliError::Rescued { error, path },
        _ => error.into(),
    }
}

/// The exit status of a run with this record.
pub(super) fn exit_code(results: &Results) -> ExitCode {
    let verdicts: Vec<Verdict> = results
        .targets
        .iter()
        .flat_map(|run| &run.instances)
        .map(|i| i.verdict)
        .collect();
    let ran = verdicts
        .iter()
        .any(|v| !matches!(v, Verdict::Skipped | Verdict::Unsupported));
    if results.interrupted {
        ExitCode::Interrupted
    } else if verdicts.contains(&Verdict::Error)
        || results.targets.iter().all(|r| r.broken.is_some())
        || results.targets.iter().any(TargetRecord::does_not_start)
    {
        ExitCode::Broken
    } else if !ran && !is_empty_shard(results) {
        ExitCode::NothingRan
    } else if results
        .repeats
        .as_ref()
        .is_some_and(|r| !r.differing.is_empty())
        || results
            .targets
            .iter()
            .flat_map(|run| &run.instances)
            .any(Instance::fails_the_run)
    {
        ExitCode::Departs
    } else {
        ExitCode::Conforms
    }
}

/// Whether no case is in this shard. Then running nothing is no failure.
fn is_empty_shard(results: &Results) -> bool {
    let idle = |run: &TargetRecord| run.shards.is_some() && run.instances.is_empty();
    !results.targets.is_empty() && results.targets.iter().all(idle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(verdicts: &[Verdict]) -> Results {
        let instance = |verdict: &Verdict| {
            let text = r#"{"id": "a@8", "case": "a", "title": "", "eapi": "8", "row": null, "section": "s", "chapter": "c",
                "requirements": [], "verdict": "passed", "reason": null, "disputed": null, "compared": [], "build": null,
                "checksum": "1"}"#;
            Instance {
                verdict: *verdict,
                ..serde_json::from_str(text).unwrap()
            }
        };
        let text = r#"{"schema": 2, "suite": {"version": "1", "revision": null, "pms_revision": "1"},
            "host": {"kernel": "", "system": "", "arch": "", "cores": 1}, "started": "", "duration_ms": 0,
            "interrupted": false, "arguments": [], "seed": 0, "targets": [], "sources": {}}"#;
        let target = TargetRecord {
            instances: verdicts.iter().map(instance).collect(),
            ..TargetRecord::default()
        };
        Results {
            targets: vec![target],
            ..serde_json::from_str(text).unwrap()
        }
    }

    #[test]
    fn the_exit_status_is_that_of_the_worst_that_happened() {
        use Verdict::{
            Error, Failed, NotObserved, Passed, Recorded, Skipped, TimedOut, Unsupported,
        };
        let of = |verdicts: &[Verdict]| exit_code(&results(verdicts));
        assert_eq!(of(&[Passed, Recorded, Unsupported]), ExitCode::Conforms);
        for failure in [Failed, NotObserved, TimedOut] {
            assert_eq!(of(&[Passed, failure]), ExitCode::Departs);
        }
        assert_eq!(of(&[Failed, Error]), ExitCode::Broken);
        assert_eq!(of(&[Skipped, Unsupported]), ExitCode::NothingRan);
        assert_eq!(of(&[]), ExitCode::NothingRan);
        let interrupted = Results {
            interrupted: true,
            ..results(&[Failed, Error])
        };
        assert_eq!(exit_code(&interrupted), ExitCode::Interrupted);
        let mut broken = results(&[]);
        broken.targets[0].broken = Some("no Python fits".to_owned());
        assert_eq!(exit_code(&broken), ExitCode::Broken);
    }
}

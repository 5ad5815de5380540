//! Tries before the cases whether each package manager starts. One that cannot install and remove a plain package is
//! broken: its verdicts would say nothing about the PMS.

use std::sync::Arc;
use std::time::Duration;

use pmsts_reports::record::{BuildRecord, Instance, Results, TargetRecord};
use pmsts_testcases::{EapiSet, Suite, Variant, Verdict, expand};

use super::config::RunConfig;
use super::error::RunError;
use super::prepared::Prepared;
use super::session::Session;
use crate::provision;
use crate::schedule::StopEarly;
use crate::target::Target;

const CASES: &str = include_str!("starts.toml");

/// The cases, in the order in which they are tried: the second one for a package manager that supports no operation
/// of the first one.
const TRIES: [&str; 2] = ["starts", "starts-reading"];

/// Short limits of a run are for its cases.
const LIMIT: Duration = Duration::from_secs(120);

/// Scratch space that a plain package surely fits in.
const SCRATCH_BYTES: u64 = 256 * 1024 * 1024;

/// Processes that suffice for a plain package.
const PROCESSES: u32 = 1000;

/// How much of the output a reason shows, in lines.
const SHOWN_LINES: usize = 3;

/// Tries every target of the session in each Bash that these EAPIs use, by means of `pass`. Targets that do not start
/// are taken out of the session, which records them as broken.
pub(super) fn check<'p>(
    config: &RunConfig,
    session: &mut Session<'p>,
    eapis: EapiSet,
    mut pass: impl FnMut(&RunConfig, &Session<'p>, Prepared) -> Result<Results, RunError>,
) -> Result<(), RunError> {
    let suite = Arc::new(Suite::with_text("starts.toml", CASES)?);
    let config = own_config(config);
    let mut reasons: Vec<Option<String>> = session.targets.iter().map(|_| None).collect();
    let mut untried = vec![true; reasons.len()];
    for id in TRIES {
        let asked = session.targets.iter().zip(&untried).filter(|it| *it.1);
        let eapis = asked.map(|(target, _)| one_for_each_bash(target, eapis));
        let eapis = eapis.fold(EapiSet::default(), EapiSet::or);
        let Some(case) = suite.cases.iter().position(|case| case.id == id) else {
            continue;
        };
        let expanded = expand(&suite, &[(case, eapis)], Variant::Plain)?;
        if expanded.instances.is_empty() {
            break;
        }
        let results = pass(
            &config,
            session,
            Prepared::new(Arc::clone(&suite), expanded)?,
        )?;
        if results.interrupted {
            return Err(provision::Error::Interrupted.into());
        }
        for (position, target) in results.targets.iter().take(reasons.len()).enumerate() {
            let ran = |i: &Instance| i.verdict != Verdict::Unsupported;
            if untried[position] && target.instances.iter().any(ran) {
                untried[position] = false;
                reasons[position] = reason(target);
            }
        }
    }
    session.take_out(&reasons);
    Ok(())
}

/// The configuration of a run of its own: nothing is reused, every package has a call of its own, and nothing ends it
/// before each target was tried.
fn own_config(config: &RunConfig) -> RunConfig {
    let mut own = config.clone();
    (own.batch, own.repeat, own.retries) = (1, 1, 1);
    own.cache = false;
    own.stores = Vec::new();
    own.resume = Vec::new();
    own.stop = StopEarly::default();
    own.limits.step = own.limits.step.max(LIMIT);
    own.room.scratch_bytes = own.room.scratch_bytes.max(SCRATCH_BYTES);
    own.room.max_processes = own.room.max_processes.max(PROCESSES);
    own
}

/// The newest of the EAPIs for each Bash of the target.
fn one_for_each_bash(target: &Target, eapis: EapiSet) -> EapiSet {
    let claimed = target.claims().and(eapis);
    let newest = claimed.iter().next_back();
    let other = claimed.iter().rfind(|eapi| {
        newest.is_some_and(|it| target.bash_for(*eapi).path != target.bash_for(it).path)
    });
    newest.into_iter().chain(other).collect()
}

/// Why a target does not start, from its record of the try; `None` if it starts.
fn reason(target: &TargetRecord) -> Option<String> {
    let instance = target.instances.iter().find(|i| !i.verdict.went_well())?;
    let build = instance.build.and_then(|at| target.builds.get(at));
    Some(words(&instance.eapi, instance.reason.as_deref(), build))
}

fn words(eapi: &str, reason: Option<&str>, build: Option<&BuildRecord>) -> String {
    let mut words = format!("it cannot install and remove a plain package of EAPI {eapi}");
    let steps = build.map(|build| build.steps.iter());
    let failed = steps.and_then(|mut all| all.find(|step| step.ended != "exit status 0"));
    if let Some(step) = failed {
        words += &format!(": {} ended with {}", step.name, step.ended);
    }
    let said = build.map(|build| last_lines(&build.log));
    for more in [reason.map(str::to_owned), said].into_iter().flatten() {
        if !more.is_empty() {
            words += &format!(": {more}");
        }
    }
    words
}

/// The last lines that say something.
fn last_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut last: Vec<&str> = lines.rev().take(SHOWN_LINES).collect();
    last.reverse();
    last.join(" | ")
}

#[cfg(test)]
mod tests {
    use pmsts_reports::record::StepRecord;

    use super::*;

    #[test]
    fn a_reason_has_the_last_lines_of_the_output() {
        let log =
            "one\nTraceback (most recent call last):\n\n  File \"x\", line 1\nTypeError: wrong\n";
        let step = StepRecord {
            name: "install".to_owned(),
            ended: "exit status 1".to_owned(),
            ..StepRecord::default()
        };
        let build = BuildRecord {
            log: log.to_owned(),
            steps: vec![step],
            ..BuildRecord::default()
        };
        assert_eq!(
            words("8", None, Some(&build)),
            "it cannot install and remove a plain package of EAPI 8: install ended with exit status 1: \
             Traceback (most recent call last): | File \"x\", line 1 | TypeError: wrong"
        );
        assert_eq!(
            words("8", Some("no room"), None),
            "it cannot install and remove a plain package of EAPI 8: no room"
        );
    }

    #[test]
    fn the_cases_are_read() {
        let suite = Suite::with_text("starts.toml", CASES).unwrap();
        assert_eq!(TRIES, [&suite.cases[0].id[..], &suite.cases[1].id[..]]);
    }
}

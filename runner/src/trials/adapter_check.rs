//! Checks an adapter on its package manager, so that its author knows whether verdicts can be believed.

use std::sync::Arc;
use std::time::Duration;

use pmsts_reports::record::{BuildRecord, Instance, TargetRecord};
use pmsts_testcases::{EapiSet, Expanded, Suite, Variant, Verdict, expand};
use serde::Serialize;

use crate::provision::Provisioner;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::run::pass;
use crate::run::prepared::Prepared;
use crate::run::session::Session;

const CASES: &str = include_str!("adapter_check.toml");

/// Id of the case that reaches the time limit.
const ENDS: &str = "ends";

/// One check of an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What the adapter must do.
    pub what: String,
    /// The result.
    pub state: CheckState,
    /// What was observed instead, or why the adapter does not support it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The last lines that the package manager printed, if the check failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// The check passed.
    Ok,
    /// The adapter declares that it does not support it.
    Lacks,
    /// The check failed.
    Fails,
}

/// Checks the only target of the configuration, in the newest of the EAPIs.
pub fn check(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    eapis: EapiSet,
) -> Result<Vec<Checked>, RunError> {
    let suite = Arc::new(Suite::with_text("adapter_check.toml", CASES)?);
    let newest: EapiSet = eapis.iter().next_back().into_iter().collect();
    let all: Vec<(usize, EapiSet)> = (0..suite.cases.len()).map(|case| (case, newest)).collect();
    let expanded = expand(&suite, &all, Variant::Plain)?;
    let session = Session::open(config, provisioner, &expanded)?;
    let (ends, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(case, _)| suite.cases[*case].id == ENDS);
    let run = |config: &RunConfig, chosen: &[(usize, EapiSet)]| {
        let expanded: Expanded = expand(&suite, chosen, Variant::Plain)?;
        let prepared = Prepared::new(Arc::clone(&suite), expanded)?;
        let results = pass(config, &session, prepared, Vec::new())?;
        Ok::<_, RunError>(results.targets)
    };
    let mut checked = Vec::new();
    for target in run(config, &others)? {
        checked.extend(target.instances.iter().map(|i| judged(&target, i)));
        checked.push(exit_status(&target));
        checked.push(daemons(&target));
    }
    let mut short = config.clone();
    short.limits.step = config.limits.step.min(Duration::from_secs(15));
    short.limits.build = Duration::ZERO;
    for target in run(&short, &ends)? {
        checked.push(obeys(&target, &short));
        checked.push(output(&target));
    }
    Ok(checked)
}

fn checked(what: &str, wrong: Option<String>) -> Checked {
    Checked {
        what: what.to_owned(),
        state: if wrong.is_some() {
            CheckState::Fails
        } else {
            CheckState::Ok
        },
        detail: wrong,
        output: Vec::new(),
    }
}

/// How many lines of output a failed check shows.
const SHOWN_LINES: usize = 20;

/// The last lines that were printed in a build.
fn last_lines(build: Option<&BuildRecord>) -> Vec<String> {
    let log = build.map(|build| build.log.as_str()).unwrap_or_default();
    let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    shown.iter().map(|line| (*line).to_owned()).collect()
}

fn judged(target: &TargetRecord, instance: &Instance) -> Checked {
    let state = match instance.verdict {
        Verdict::Passed => CheckState::Ok,
        Verdict::Unsupported | Verdict::Skipped => CheckState::Lacks,
        _ => CheckState::Fails,
    };
    let differs = instance.compared.iter().find(|f| {
        matches!(
            f.outcome,
            pmsts_testcases::Outcome::Differs | pmsts_testcases::Outcome::Missing
        )
    });
    let told = differs.map(|f| {
        let actual = f
            .actual
            .as_ref()
            .map_or("nothing".to_owned(), pmsts_testcases::Value::printable);
        format!("{}: expected {}, observed {actual}", f.address, f.expected)
    });
    Checked {
        what: instance.title.clone(),
        state,
        detail: instance.reason.clone().or(told),
        output: if state == CheckState::Fails {
            last_lines(instance.build.and_then(|at| target.builds.get(at)))
        } else {
            Vec::new()
        },
    }
}

fn build<'a>(target: &'a TargetRecord, case: &str) -> Option<&'a BuildRecord> {
    let instance = target.instances.iter().find(|i| i.case == case)?;
    target.builds.get(instance.build?)
}

/// The check on a case that the adapter does not support.
fn lacks(target: &TargetRecord, case: &str, what: &str) -> Option<Checked> {
    let instance = target.instances.iter().find(|i| i.case == case)?;
    (instance.verdict == Verdict::Unsupported).then(|| Checked {
        what: what.to_owned(),
        state: CheckState::Lacks,
        detail: instance.reason.clone(),
        output: Vec::new(),
    })
}

/// Checks the exit status after a failed build. pmsts does not need it, as it reads the results; people and scripts do.
fn exit_status(target: &TargetRecord) -> Checked {
    let what = "the exit status reports a failed build";
    if let Some(lacks) = lacks(target, "dies", what) {
        return lacks;
    }
    let ended = build(target, "dies")
        .and_then(|b| b.steps.first())
        .map(|s| s.ended.as_str());
    let wrong = match ended {
        Some("exit status 0") => Some("exit status 0 after a build that died".to_owned()),
        Some(_) => None,
        None => Some("the build that dies was not run".to_owned()),
    };
    checked(what, wrong)
}

fn output(target: &TargetRecord) -> Checked {
    let what = "the output of a build arrives";
    if let Some(lacks) = lacks(target, ENDS, what) {
        return lacks;
    }
    let log = build(target, ENDS)
        .map(|b| b.log.as_str())
        .unwrap_or_default();
    let wrong = (!log.contains("what the ebuild says"))
        .then(|| "the output lacks what a phase prints".to_owned());
    checked(what, wrong)
}

fn daemons(target: &TargetRecord) -> Checked {
    let steps = target.builds.iter().flat_map(|b| &b.steps);
    let most = steps.map(|s| s.left_over).max().unwrap_or_default();
    let wrong = (most > 0).then(|| format!("{most} processes were alive after a command"));
    checked("no process is left behind", wrong)
}

fn obeys(target: &TargetRecord, config: &RunConfig) -> Checked {
    let what = "a build that never ends stops when it is asked to";
    let Some(instance) = target.instances.first() else {
        return checked(what, Some("it was not run".to_owned()));
    };
    if instance.verdict != Verdict::TimedOut {
        return judged(target, instance);
    }
    let steps = target
        .builds
        .first()
        .map(|b| b.steps.as_slice())
        .unwrap_or_default();
    let took = steps
        .iter()
        .map(|s| s.duration_ms)
        .max()
        .unwrap_or_default();
    let grace =
        u64::try_from((config.limits.step + config.limits.grace).as_millis()).unwrap_or(u64::MAX);
    let wrong = (took >= grace).then(|| {
        format!(
            "it had to be killed {} s after it was asked to stop",
            config.limits.grace.as_secs()
        )
    });
    checked(what, wrong)
}

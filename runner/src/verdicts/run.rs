//! Tells the stores of a run that is over: its targets, which instances have a verdict, and the findings that they show.

use std::collections::BTreeMap;
use std::path::Path;

use pmsts_reports::record::{Results, TargetRecord};
use pmsts_store::{Run, RunTarget, Shown, Store, StoreError};
use pmsts_testcases::Verdict;

use super::kept::target;
use super::remote::{Rule, tell_run};

/// Tells the store of the cache, if it is given, and those of the rules that are reached.
pub(crate) fn tell(
    results: &Results,
    local: Option<&Path>,
    rules: &[Rule],
) -> Result<(), StoreError> {
    let run = summary(results);
    if let Some(path) = local {
        Store::open(path)?.put_run(&run)?;
    }
    for rule in rules {
        let away = |url: &str| results.stores.iter().any(|it| it.url == url && !it.stored);
        if !rule.url().is_some_and(|url| away(&url)) {
            tell_run(rule, &run);
        }
    }
    Ok(())
}

fn summary(results: &Results) -> Run {
    let digits = pmsts_store::Key::of([
        results.started.as_str(),
        &results.duration_ms.to_string(),
        &results.arguments.join(" "),
        &std::process::id().to_string(),
    ]);
    Run {
        name: format!("{}-{}", results.started, &digits.to_string()[..8]),
        started: results.started.clone(),
        duration_ms: results.duration_ms,
        arguments: results.arguments.clone(),
        targets: results.targets.iter().map(of_target).collect(),
    }
}

fn of_target(it: &TargetRecord) -> RunTarget {
    let judged = |verdict| {
        !matches!(
            verdict,
            Verdict::Skipped | Verdict::Unsupported | Verdict::Error
        )
    };
    let instances = it.instances.iter().filter(|i| judged(i.verdict));
    let mut shown: BTreeMap<&str, Shown> = BTreeMap::new();
    for instance in it.instances.iter().filter(|i| i.is_known()) {
        if let Some((finding, title)) = instance.finding() {
            let shown = shown.entry(finding).or_insert_with(|| Shown {
                finding: finding.to_owned(),
                title: title.to_owned(),
                instances: Vec::new(),
            });
            shown.instances.push(instance.id.clone());
        }
    }
    RunTarget {
        target: target(
            &it.pm,
            &it.version,
            &it.spec,
            it.bash.clone(),
            it.key.clone().unwrap_or_default(),
        ),
        wall_ms: it.timing.wall_ms,
        instances: instances.map(|i| i.id.clone()).collect(),
        findings: shown.into_values().collect(),
    }
}

//! The builds that took most processor time.

use std::collections::BTreeMap;

use serde::Serialize;

use super::time::duration;
use crate::describe::text::line;
use crate::record::TargetRecord;

/// How many builds are shown.
const MOST: usize = 20;

/// A target's dearest builds.
#[derive(Debug, Serialize)]
pub(super) struct Dearest {
    target: String,
    /// Processor time of all its calls.
    total: String,
    calls: usize,
    builds: Vec<Build>,
}

#[derive(Debug, Serialize)]
struct Build {
    name: String,
    /// Its processor time: of a call that builds shared, its share.
    time: String,
    /// In per cent of the target's.
    percent: String,
    calls: usize,
}

/// The dearest builds of each target whose record has processor times.
pub(super) fn dearest(targets: &[&TargetRecord]) -> Vec<Dearest> {
    let measured = targets.iter().filter(|target| total(target) > 0);
    measured.map(|target| of(target)).collect()
}

fn total(target: &TargetRecord) -> u64 {
    target.calls.iter().map(|call| call.cpu_ms).sum()
}

fn of(target: &TargetRecord) -> Dearest {
    let mut spent: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    for call in &target.calls {
        let share = call.cpu_ms / (call.builds.len() as u64).max(1);
        for build in &call.builds {
            let (time, calls) = spent.entry(build).or_default();
            *time += share;
            *calls += 1;
        }
    }
    let mut builds: Vec<_> = spent.into_iter().collect();
    builds.sort_by_key(|(_, (time, _))| std::cmp::Reverse(*time));
    let all = total(target);
    let build = |(name, (time, calls)): (&str, (u64, usize))| {
        let tenths = (time * 1000 + all / 2) / all.max(1);
        Build {
            name: line(name),
            time: duration(time),
            percent: format!("{}.{}", tenths / 10, tenths % 10),
            calls,
        }
    };
    Dearest {
        target: line(&target.name),
        total: duration(all),
        calls: target.calls.len(),
        builds: builds.into_iter().take(MOST).map(build).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CallRecord, Purpose};

    #[test]
    fn builds_of_a_shared_call_have_a_share_each() {
        let call = |cpu_ms, builds: &[&str]| CallRecord {
            batch: 0,
            step: "install".to_owned(),
            purpose: Purpose::Shared,
            builds: builds.iter().map(|name| (*name).to_owned()).collect(),
            cpu_ms,
            duration_ms: 0,
            max_rss_kib: 0,
        };
        let target = TargetRecord {
            calls: vec![call(3000, &["a@8", "b@8", "c@8"]), call(1000, &["b@8"])],
            ..TargetRecord::default()
        };
        let found = &dearest(&[&target, &TargetRecord::default()])[..];
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].total.as_str(), found[0].calls), ("4.0 s", 2));
        let first = &found[0].builds[0];
        assert_eq!(
            (
                first.name.as_str(),
                first.time.as_str(),
                first.percent.as_str(),
                first.calls
            ),
            ("b@8", "2.0 s", "50.0", 2)
        );
    }
}

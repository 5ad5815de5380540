//! Finds instances that could not be judged, as a known finding of another case ended their common build.

use std::collections::{HashMap, HashSet};

use pep440_rs::Version;
use pmsts_reports::record::{Instance, LedgerNote, TargetRecord};
use pmsts_testcases::{Address, Outcome, Verdict, What};

use super::Ledger;

/// Gives `blocked` to the failing instances that the ledger does not list, if nothing but the end of their build shows in
/// them, and another case of that build is known to end it.
pub(super) fn block(ledger: &Ledger, target: &mut TargetRecord, version: Option<&Version>) {
    let enders = enders(ledger, target, version);
    for instance in &mut target.instances {
        let Some(ender) = instance.build.and_then(|build| enders.get(&build)) else {
            continue;
        };
        if instance.ledger.is_none() && is_hidden(instance, &ender.ended) {
            instance.verdict = Verdict::Blocked;
            instance.ledger = Some(LedgerNote::Blocked {
                finding: ender.finding.clone(),
                title: ender.title.clone(),
            });
        }
    }
}

/// Gives an instance back the verdict that it had before it was blocked.
pub(super) fn unblock(instance: &mut Instance) {
    if instance.verdict == Verdict::Blocked {
        let differs = instance
            .compared
            .iter()
            .any(|c| c.outcome == Outcome::Differs);
        instance.verdict = if differs {
            Verdict::Failed
        } else {
            Verdict::NotObserved
        };
    }
}

/// A known finding that ended a build.
struct Ender {
    finding: String,
    title: String,
    /// The addresses in which the end shows.
    ended: HashSet<String>,
}

/// The findings that ended builds, by position of the build.
fn enders(
    ledger: &Ledger,
    target: &TargetRecord,
    version: Option<&Version>,
) -> HashMap<usize, Ender> {
    let mut enders: HashMap<usize, Ender> = HashMap::new();
    for instance in target.instances.iter().filter(|i| i.is_known()) {
        let (Some(build), Some((finding, seen))) =
            (instance.build, ledger.entry(instance, version))
        else {
            continue;
        };
        let kept = |address: &str| seen.actual.contains_key(address);
        let ended = instance.compared.iter();
        let ended = ended.filter(|c| c.outcome == Outcome::Differs && is_end(&c.address));
        let ended: HashSet<String> = ended
            .map(|c| c.address.clone())
            .filter(|address| kept(address))
            .collect();
        if ended.is_empty() {
            continue;
        }
        let ender = enders.entry(build).or_insert_with(|| Ender {
            finding: finding.id.clone(),
            title: finding.title.clone(),
            ended: HashSet::new(),
        });
        ender.ended.extend(ended);
    }
    enders
}

/// Whether a failure shows only that its build ended: nothing is wrong but the end itself, and what was not observed
/// after it.
fn is_hidden(instance: &Instance, ended: &HashSet<String>) -> bool {
    let judged = matches!(instance.verdict, Verdict::Failed | Verdict::NotObserved);
    let explained = |address: &str| ended.contains(address) && is_end(address);
    judged
        && instance.reason.is_none()
        && instance.compared.iter().all(|c| match c.outcome {
            Outcome::Differs => explained(&c.address) || is_installed(&c.address),
            Outcome::Missing | Outcome::Met | Outcome::Recorded => true,
        })
}

/// Whether the address tells how a step ended, or what it installed.
fn is_end(address: &str) -> bool {
    let what = address.parse::<Address>().map(|address| address.what);
    matches!(what, Ok(What::Outcome | What::Installed))
}

fn is_installed(address: &str) -> bool {
    let what = address.parse::<Address>().map(|address| address.what);
    matches!(what, Ok(What::Installed))
}

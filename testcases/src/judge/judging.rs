//! Judges an instance: compares every expectation, and derives the verdict.

use super::observed::{Observed, StepEnd};
use super::verdict::{Compared, Judgement, Outcome, Verdict};
use super::{compare, implied};
use crate::expand::Instance;
use crate::model::{Build, Check, Eapi};

/// The verdict on one instance.
///
/// Every step is also expected to succeed and to leave its packages installed (or removed), unless the
/// case says otherwise. A missing observation is never a pass. What the PMS only drafts is recorded.
pub fn judge(instance: &Instance, build: &Build, observed: &Observed) -> Judgement {
    if let Some(judgement) = broken(observed) {
        return judgement;
    }
    let mut compared = implied::compared(instance, build, observed);
    for (address, check) in &instance.expect {
        if matches!(check, Check::Ending(_)) {
            continue; // judged with the implied endings
        }
        compared.push(compare::compared(address, check, build, observed));
    }
    let (mut verdict, mut reason) = verdict(&compared, observed);
    if instance.eapi == Eapi::DRAFT && verdict != Verdict::Recorded {
        let draft = format!(
            "EAPI {} is a draft; otherwise {}",
            Eapi::DRAFT,
            verdict.words()
        );
        reason = Some(reason.map_or(draft.clone(), |reason| format!("{draft}: {reason}")));
        verdict = Verdict::Recorded;
    }
    Judgement {
        verdict,
        reason,
        compared,
    }
}

/// The verdict on a build whose step broke the harness, which says nothing about the package manager.
fn broken(observed: &Observed) -> Option<Judgement> {
    observed
        .steps
        .iter()
        .find_map(|(name, step)| match &step.end {
            StepEnd::Broken(why) => Some(Judgement {
                verdict: Verdict::Error,
                reason: Some(format!("{name}: {why}")),
                compared: Vec::new(),
            }),
            _ => None,
        })
}

fn verdict(compared: &[Compared], observed: &Observed) -> (Verdict, Option<String>) {
    let has = |outcome| compared.iter().any(|f| f.outcome == outcome);
    let limit = observed
        .steps
        .iter()
        .find_map(|(name, step)| match &step.end {
            StepEnd::TimedOut(limit) => Some((Verdict::TimedOut, format!("{name}: {limit}"))),
            StepEnd::Limit(limit) => Some((Verdict::Failed, format!("{name}: {limit}"))),
            _ => None,
        });
    match limit {
        Some((verdict, limit)) => (verdict, Some(limit)),
        None if has(Outcome::Differs) => (Verdict::Failed, None),
        None if has(Outcome::Missing) => (Verdict::NotObserved, None),
        None if has(Outcome::Met) || compared.is_empty() => {
            let only_recorded = has(Outcome::Recorded)
                && compared.iter().all(|f| {
                    f.outcome == Outcome::Recorded
                        || implied::ADDRESSES.iter().any(|a| f.address.ends_with(a))
                });
            (
                if only_recorded {
                    Verdict::Recorded
                } else {
                    Verdict::Passed
                },
                None,
            )
        }
        None => (Verdict::Recorded, None),
    }
}

//! Decides which builds are tried again alone: those that others in their call may have disturbed, and, with
//! `--retries`, those that failed alone. An instance that passes then is flaky.

use std::collections::{BTreeMap, BTreeSet};

use pmsts_testcases::{Compared, Instance, Judgement, Outcome, Verdict};

/// A build's instances, judged.
pub(crate) type Judged<'a> = [(&'a Instance, Judgement)];

/// Decides whether a build that shared its call must be tried again alone.
pub(crate) type WantsAnotherTry = fn(&Judged<'_>) -> bool;

/// Whether a build that shared its batch must be tried again alone, as other builds may have caused its failure. A
/// value that was observed and differs, in steps that succeeded, is the build's own.
pub(crate) fn wants_another_try(judged: &Judged<'_>) -> bool {
    judged.iter().any(|(_, judgement)| {
        let suspicious = |f: &Compared| match f.outcome {
            Outcome::Missing => true,
            Outcome::Differs => f.address.ends_with("outcome") || f.address.ends_with("installed"),
            Outcome::Met | Outcome::Recorded => false,
        };
        match judgement.verdict {
            Verdict::Failed | Verdict::NotObserved => {
                judgement.compared.iter().any(suspicious) || judgement.reason.is_some()
            }
            Verdict::Error | Verdict::TimedOut => true,
            _ => false,
        }
    })
}

/// How builds of a batch are tried again: positions that share a call, a list for each call. `touched` says of every build
/// whether anything of it was observed. A build that showed something is tried alone, as others in the call may have caused
/// what it showed. The others were never begun, because a death or a refusal ended the call: they go on together. Where
/// nothing at all was observed, two halves narrow down which build ends the call.
pub(crate) fn calls_again(wanted: &[usize], touched: &[bool]) -> Vec<Vec<usize>> {
    let (begun, waiting): (Vec<usize>, Vec<usize>) = wanted.iter().partition(|at| touched[**at]);
    let mut calls: Vec<Vec<usize>> = begun.into_iter().map(|at| vec![at]).collect();
    if touched.iter().any(|touched| *touched) {
        calls.push(waiting);
    } else {
        let (one, other) = waiting.split_at(waiting.len() / 2);
        calls.extend([one.to_vec(), other.to_vec()]);
    }
    calls.retain(|call| !call.is_empty());
    calls
}

/// A target and a build.
type Tried = (usize, usize);

/// Failures so far of builds that ran alone.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    most: u32,
    /// How often a build failed, and which instances.
    failed: BTreeMap<Tried, (u32, BTreeSet<String>)>,
}

impl Retries {
    /// Starts without failures. A build that fails is tried again `most` times at most.
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Whether a build that ran alone is to be tried again.
    pub(crate) fn wants(&mut self, tried: Tried, judged: &Judged<'_>) -> bool {
        let failed = judged.iter().filter(|(_, it)| !it.verdict.went_well());
        let ids: Vec<String> = failed.map(|(instance, _)| instance.id.clone()).collect();
        if self.most == 0 || ids.is_empty() {
            return false;
        }
        let (times, all) = self.failed.entry(tried).or_default();
        *times += 1;
        all.extend(ids);
        *times <= self.most
    }

    /// Instances that failed before, and do not now.
    pub(crate) fn flaky(&self, tried: Tried, judged: &Judged<'_>) -> BTreeSet<String> {
        let Some((_, failed)) = self.failed.get(&tried) else {
            return BTreeSet::new();
        };
        let well = judged.iter().filter(|(_, it)| it.verdict.went_well());
        well.map(|(instance, _)| instance.id.clone())
            .filter(|id| failed.contains(id))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_that_were_never_begun_go_on_together_and_the_others_alone() {
        let calls = calls_again(&[1, 3, 4, 5], &[true, true, true, false, false, false]);
        assert_eq!(calls, [vec![1], vec![3, 4, 5]]);
        let none = [false; 5];
        assert_eq!(
            calls_again(&[0, 1, 2, 3, 4], &none),
            [vec![0, 1], vec![2, 3, 4]]
        );
        assert_eq!(calls_again(&[4], &none), [vec![4]]);
        assert!(calls_again(&[], &[true]).is_empty());
    }

    fn judged(verdict: Verdict) -> Judgement {
        Judgement {
            verdict,
            reason: None,
            compared: Vec::new(),
        }
    }

    fn instance() -> Instance {
        Instance {
            id: "a@8".to_owned(),
            case: 0,
            eapi: "8".parse().unwrap(),
            row: None,
            requirements: Vec::new(),
            expect: Vec::new(),
            build: 0,
        }
    }

    #[test]
    fn what_fails_is_tried_so_often_and_is_flaky_when_it_passes() {
        let one = instance();
        let mut retries = Retries::new(2);
        assert!(retries.wants((0, 0), &[(&one, judged(Verdict::Failed))]));
        let passed = [(&one, judged(Verdict::Passed))];
        assert!(!retries.wants((0, 0), &passed));
        assert_eq!(retries.flaky((0, 0), &passed).len(), 1);
        assert!(retries.flaky((1, 0), &passed).is_empty());
        assert!(retries.wants((0, 0), &[(&one, judged(Verdict::Failed))]));
        assert!(!retries.wants((0, 0), &[(&one, judged(Verdict::Failed))]));
    }

    #[test]
    fn without_retries_nothing_is_tried_again() {
        let one = instance();
        assert!(!Retries::new(0).wants((0, 0), &[(&one, judged(Verdict::Failed))]));
    }
}

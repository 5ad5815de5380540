//! The same run several times: which verdicts are not always the same.

use indexmap::IndexMap;
use pmsts_reports::record::{Differing, Repeats, Results};
use pmsts_testcases::Verdict;

/// The verdicts of every time.
pub(crate) struct Repeated {
    times: u32,
    verdicts: IndexMap<(String, String), Vec<Verdict>>,
}

impl Repeated {
    /// The first time.
    pub(crate) fn new(first: &Results) -> Self {
        let mut this = Self {
            times: 0,
            verdicts: IndexMap::new(),
        };
        this.add(first);
        this
    }

    /// How often it was run.
    pub(crate) fn times(&self) -> u32 {
        self.times
    }

    /// Once more. Of an interrupted time only what was reached counts.
    pub(crate) fn add(&mut self, again: &Results) {
        self.times += 1;
        for run in &again.runs {
            for instance in &run.instances {
                if !(again.interrupted && instance.verdict == Verdict::Skipped) {
                    let key = (run.domain.clone(), instance.id.clone());
                    self.verdicts.entry(key).or_default().push(instance.verdict);
                }
            }
        }
    }

    /// What was not always the same.
    pub(crate) fn differing(self) -> Repeats {
        let differ = |verdicts: &[Verdict]| verdicts.iter().any(|v| *v != verdicts[0]);
        let differing = self
            .verdicts
            .into_iter()
            .filter(|(_, verdicts)| differ(verdicts));
        Repeats {
            times: self.times,
            differing: differing
                .map(|((domain, id), verdicts)| Differing {
                    domain,
                    id,
                    verdicts,
                })
                .collect(),
        }
    }
}

//! Runs the same several times, and tells which verdicts are not always the same.

use crate::run::error::RunError;
use indexmap::IndexMap;
use pmsts_reports::record::{Differing, Repeats, Results};
use pmsts_testcases::Verdict;

/// Runs so often what `once` does, until the user stops it. The record is the first one's.
pub(super) fn run(
    times: u32,
    mut once: impl FnMut() -> Result<Results, RunError>,
) -> Result<Results, RunError> {
    let mut first = once()?;
    let mut repeats = Repeated::new(&first);
    while repeats.times < times && !first.interrupted {
        let again = once()?;
        first.interrupted |= again.interrupted;
        repeats.add(&again);
    }
    if times > 1 {
        first.repeats = Some(repeats.differing());
    }
    Ok(first)
}

/// The verdicts of every time.
struct Repeated {
    times: u32,
    verdicts: IndexMap<(String, String), Vec<Verdict>>,
}

impl Repeated {
    /// The first time.
    fn new(first: &Results) -> Self {
        let mut this = Self {
            times: 0,
            verdicts: IndexMap::new(),
        };
        this.add(first);
        this
    }

    /// Once more. Of an interrupted time only what was reached counts.
    fn add(&mut self, again: &Results) {
        self.times += 1;
        for target in &again.targets {
            for instance in &target.instances {
                if !(again.interrupted && instance.verdict == Verdict::Skipped) {
                    let key = (target.name.clone(), instance.id.clone());
                    self.verdicts.entry(key).or_default().push(instance.verdict);
                }
            }
        }
    }

    /// What was not always the same.
    fn differing(self) -> Repeats {
        let differ = |verdicts: &[Verdict]| verdicts.iter().any(|v| *v != verdicts[0]);
        let differing = self
            .verdicts
            .into_iter()
            .filter(|(_, verdicts)| differ(verdicts));
        Repeats {
            times: self.times,
            differing: differing
                .map(|((target, id), verdicts)| Differing {
                    target,
                    id,
                    verdicts,
                })
                .collect(),
        }
    }
}

//! Runs the same cases several times (`--repeat`), and records the verdicts that differ between the times.

use crate::run::error::RunError;
use indexmap::IndexMap;
use pmsts_reports::record::{Differing, Repeats, Results};
use pmsts_testcases::Verdict;

/// Calls `once` as often as configured, or until the user interrupts it. The record is that of the first time.
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

/// The verdicts of all times.
struct Repeated {
    times: u32,
    verdicts: IndexMap<(String, String), Vec<Verdict>>,
}

impl Repeated {
    /// Starts with the verdicts of the first time.
    fn new(first: &Results) -> Self {
        let mut this = Self {
            times: 0,
            verdicts: IndexMap::new(),
        };
        this.add(first);
        this
    }

    /// Adds the verdicts of another time. If it was interrupted, only the instances that it reached count.
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

    /// The verdicts that differ between the times.
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

//! How far each package manager is with each EAPI: what the PMS labels as a feature, done, partly
//! done or not, by verdict.

use std::collections::{BTreeMap, HashMap};

use pmsts_testcases::{Catalogue, Requirement, Verdict};
use serde::Serialize;

use super::scope::Scope;
use crate::describe::text::line;

/// The label of a feature begins so.
const FEATURE: &str = "feat:";

/// What the template is given.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    columns: usize,
    eapis: Vec<Eapi>,
}

#[derive(Debug, Serialize)]
struct Eapi {
    number: u8,
    /// One a target.
    totals: Vec<Total>,
    features: Vec<Feature>,
}

#[derive(Debug, Default, Serialize)]
struct Total {
    done: usize,
    known: usize,
}

/// A feature that the EAPI brings or changes.
#[derive(Debug, Serialize)]
struct Feature {
    label: String,
    /// One a target.
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    /// Instances that passed.
    passed: usize,
    /// Instances that have a verdict on the package manager.
    known: usize,
}

/// The features of each EAPI on each target. A requirement belongs to the first EAPI in which it
/// holds; its instances in that EAPI and in later ones speak for it.
pub(super) fn readiness(scope: &Scope<'_>, catalogue: &Catalogue) -> Readiness {
    let mut brought: BTreeMap<u8, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    let mut wanted: HashMap<&str, Vec<Tally>> = HashMap::new();
    for requirement in catalogue.values() {
        let Some(first) = requirement.eapis.iter().next() else {
            continue;
        };
        if requirement.section.starts_with(FEATURE) {
            let features = brought.entry(first.number()).or_default();
            let label = requirement.section.as_str();
            features.entry(label).or_default().push(&requirement.id);
            let tallies = vec![Tally::default(); scope.targets.len()];
            wanted.insert(&requirement.id, tallies);
        }
    }
    for (at, target) in scope.targets.iter().enumerate() {
        for instance in &target.instances {
            let eapi: Option<u8> = instance.eapi.parse().ok();
            for id in &instance.requirements {
                // Twins show a requirement where it does not hold: no feature there.
                let holds = |r: &Requirement| r.eapis.iter().any(|e| Some(e.number()) == eapi);
                if let Some(tallies) = wanted.get_mut(id.as_str())
                    && catalogue.get(id).is_some_and(holds)
                {
                    tallies[at].take(instance.verdict);
                }
            }
        }
    }
    let eapis = brought
        .into_iter()
        .map(|(eapi, features)| self::eapi(scope, eapi, features, &wanted))
        .filter(|eapi| !eapi.features.is_empty());
    Readiness {
        columns: 1 + scope.targets.len(),
        eapis: eapis.collect(),
    }
}

fn eapi(
    scope: &Scope<'_>,
    number: u8,
    features: BTreeMap<&str, Vec<&str>>,
    tallies: &HashMap<&str, Vec<Tally>>,
) -> Eapi {
    let feature = |(label, ids): (&str, Vec<&str>)| Feature {
        label: line(label),
        cells: (0..scope.targets.len())
            .map(|target| {
                let mut sum = Tally::default();
                for id in &ids {
                    sum.add(tallies[id][target]);
                }
                sum.cell()
            })
            .collect(),
    };
    let features: Vec<Feature> = features
        .into_iter()
        .map(feature)
        .filter(|feature| feature.cells.iter().any(|cell| cell.known > 0))
        .collect();
    let total = |target: usize| Total {
        done: features
            .iter()
            .filter(|f| f.cells[target].class == "passed")
            .count(),
        known: features
            .iter()
            .filter(|f| f.cells[target].known > 0)
            .count(),
    };
    Eapi {
        number,
        totals: (0..scope.targets.len()).map(total).collect(),
        features,
    }
}

/// Verdicts on a feature, counted.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    passed: usize,
    failed: usize,
    unsupported: usize,
}

impl Tally {
    fn take(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Unsupported => self.unsupported += 1,
            verdict if verdict.is_failure() => self.failed += 1,
            // Nothing is known.
            _ => {}
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.unsupported += other.unsupported;
    }

    /// An EAPI that is not claimed says nothing of a feature that older ones have too.
    fn cell(self) -> Cell {
        let mut known = self.passed + self.failed;
        let (class, sign, words) = match self {
            Self {
                passed: 1..,
                failed: 0,
                ..
            } => ("passed", "✓", "done"),
            Self { passed: 1.., .. } => ("not-observed", "◐", "partly"),
            Self { failed: 1.., .. } => ("failed", "✗", "not"),
            Self {
                unsupported: 1.., ..
            } => {
                known = self.unsupported;
                ("failed", "✗", "not")
            }
            _ => ("none", "", "not known"),
        };
        Cell {
            class,
            sign,
            words,
            passed: self.passed,
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Suite;

    use super::*;
    use crate::sample;

    #[test]
    fn a_feature_is_done_partly_or_not() {
        let of = |passed, failed, unsupported| {
            let tally = Tally {
                passed,
                failed,
                unsupported,
            };
            tally.cell().words
        };
        assert_eq!(of(2, 0, 0), "done");
        assert_eq!(of(2, 0, 1), "done", "a later EAPI is not claimed");
        assert_eq!(of(2, 1, 0), "partly");
        assert_eq!(of(0, 1, 0), "not");
        assert_eq!(of(0, 0, 2), "not");
        assert_eq!(of(0, 0, 0), "not known");
    }

    #[test]
    fn a_feature_stands_at_the_eapi_that_brings_it() {
        let catalogue = Suite::embedded().unwrap().catalogue;
        let mut results = [sample::results()];
        let dosym = catalogue
            .values()
            .find(|r| r.section == "feat:dosym-relative");
        let id = &dosym.unwrap().id;
        for instance in &mut results[0].targets[0].instances {
            instance.requirements = vec![id.clone()];
        }
        let readiness = readiness(&Scope::new(&results), &catalogue);
        let [eapi] = readiness.eapis.as_slice() else {
            panic!("{readiness:?}")
        };
        let cell = &eapi.features[0].cells[0];
        assert_eq!(
            (eapi.number, cell.words, cell.passed, cell.known),
            (8, "partly", 1, 2)
        );
    }
}

//! How completely each target implements each EAPI: whether a feature that the PMS labels is done, partly done or not
//! done, by verdict.

use std::collections::{BTreeMap, HashMap};

use pmsts_testcases::{Catalogue, Requirement, Verdict};
use serde::Serialize;

use super::scope::Scope;
use crate::describe::text::line;

/// The prefix of PMS labels for features.
const FEATURE: &str = "feat:";

/// The data of the template.
#[derive(Debug, Serialize)]
pub(super) struct Readiness {
    columns: usize,
    eapis: Vec<Eapi>,
}

#[derive(Debug, Serialize)]
struct Eapi {
    number: u8,
    /// One for each target.
    totals: Vec<Total>,
    features: Vec<Feature>,
}

#[derive(Debug, Default, Serialize)]
struct Total {
    done: usize,
    known: usize,
}

/// A feature that the EAPI introduces or changes.
#[derive(Debug, Serialize)]
struct Feature {
    label: String,
    /// One for each target.
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    /// Number of instances that passed.
    passed: usize,
    /// Number of instances with a verdict on the package manager.
    known: usize,
}

/// The features of each EAPI on each target. A requirement belongs to the first EAPI in which it holds; its instances in
/// that EAPI and in later ones count.
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
                // A twin tests an EAPI in which the requirement does not hold, so it says nothing about the feature.
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

/// Numbers of verdicts on a feature.
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
            // Other verdicts say nothing about the feature.
            _ => {}
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.unsupported += other.unsupported;
    }

    /// The result. Unsupported instances count only where there are no others: a later EAPI that the package manager does
    /// not claim says nothing about a feature that older EAPIs have.
    fn cell(self) -> Cell {
        let mut known = self.passed + self.failed;
        let (class, sign, words) = match self {
            Self {
                passed: 1..,
                failed: 0,
                ..
            } => ("passed", "✓", "done"),
            Self { passed: 1.., .. } => ("not-observed", "◐", "partly done"),
            Self { failed: 1.., .. } => ("failed", "✗", "not done"),
            Self {
                unsupported: 1.., ..
            } => {
                known = self.unsupported;
                ("failed", "✗", "not done")
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
    fn a_feature_is_done_partly_done_or_not_done() {
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
        assert_eq!(of(2, 1, 0), "partly done");
        assert_eq!(of(0, 1, 0), "not done");
        assert_eq!(of(0, 0, 2), "not done");
        assert_eq!(of(0, 0, 0), "not known");
    }

    #[test]
    fn a_feature_is_listed_under_the_eapi_that_introduces_it() {
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
            (8, "partly done", 1, 2)
        );
    }
}

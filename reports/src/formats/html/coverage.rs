//! How many requirements of the PMS the report verifies, by section.

use std::collections::{BTreeMap, HashSet};

use pmsts_testcases::{Catalogue, Testable, Verdict, percent};
use serde::Serialize;

use super::scope::Scope;
use crate::describe::text::line;

/// The data of the template.
#[derive(Debug, Serialize)]
pub(super) struct Coverage {
    verified: usize,
    testable: usize,
    percent: usize,
    chapters: Vec<Chapter>,
}

#[derive(Debug, Serialize)]
struct Chapter {
    name: String,
    verified: usize,
    testable: usize,
    sections: Vec<Section>,
}

#[derive(Debug, Serialize)]
struct Section {
    label: String,
    verified: usize,
    testable: usize,
    percent: usize,
    /// How much is verified, from 0 (nothing) to 4 (everything).
    level: usize,
}

/// Counts the testable requirements, and those that an instance ran for.
pub(super) fn coverage(scope: &Scope<'_>, catalogue: &Catalogue) -> Coverage {
    let chapters = chapters(counts(&seen(scope), catalogue));
    let verified = chapters.iter().map(|c| c.verified).sum();
    let testable = chapters.iter().map(|c| c.testable).sum();
    Coverage {
        verified,
        testable,
        percent: percent(verified, testable),
        chapters,
    }
}

/// The ids of requirements that an instance ran for.
fn seen<'a>(scope: &Scope<'a>) -> HashSet<&'a str> {
    let ran = |verdict| {
        !matches!(
            verdict,
            Verdict::Skipped | Verdict::Unsupported | Verdict::Blocked | Verdict::Error
        )
    };
    let instances = scope.targets.iter().flat_map(|target| &target.instances);
    instances
        .filter(|i| ran(i.verdict))
        .flat_map(|i| &i.requirements)
        .map(String::as_str)
        .collect()
}

/// Numbers of verified and of testable requirements, by chapter and section.
fn counts<'a>(
    seen: &HashSet<&str>,
    catalogue: &'a Catalogue,
) -> BTreeMap<(&'a str, &'a str), (usize, usize)> {
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for requirement in catalogue.values().filter(|r| r.testable != Testable::No) {
        let name = (requirement.chapter(), requirement.section.as_str());
        let (verified, testable) = counts.entry(name).or_default();
        *testable += 1;
        *verified += usize::from(seen.contains(requirement.id.as_str()));
    }
    counts
}

fn chapters(counts: BTreeMap<(&str, &str), (usize, usize)>) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for ((chapter, label), (verified, testable)) in counts {
        if chapters.last().is_none_or(|c| c.name != chapter) {
            chapters.push(Chapter {
                name: chapter.to_owned(),
                verified: 0,
                testable: 0,
                sections: Vec::new(),
            });
        }
        let own = chapters.last_mut().expect("pushed above");
        own.verified += verified;
        own.testable += testable;
        own.sections.push(Section {
            label: line(label),
            verified,
            testable,
            percent: percent(verified, testable),
            level: (verified * 4).div_ceil(testable.max(1)),
        });
    }
    chapters
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Suite;

    use super::*;
    use crate::sample;

    #[test]
    fn an_instance_that_did_not_run_covers_nothing() {
        let catalogue = Suite::embedded().unwrap().catalogue;
        let id = catalogue.values().find(|r| r.testable == Testable::Yes);
        let id = id.unwrap().id.clone();
        let mut results = [sample::results()];
        for instance in &mut results[0].targets[0].instances {
            instance.requirements.clear();
        }
        let verified = |results: &[_; 1]| coverage(&Scope::new(results), &catalogue).verified;
        assert_eq!(verified(&results), 0);
        results[0].targets[0].instances[2].requirements = vec![id.clone()];
        assert_eq!(verified(&results), 0, "it is unsupported");
        results[0].targets[0].instances[1].requirements = vec![id];
        assert_eq!(verified(&results), 1);
    }
}

//! Groups failures that no finding explains into proposed findings, one for each likely cause.

use std::collections::HashMap;

use pmsts_testcases::{Compared, Outcome};

use super::traceback::last_line;
use crate::describe::alike::bad;
use crate::record::{Instance, TargetRecord};

/// Failures that probably have one cause.
#[derive(Debug)]
pub struct Proposed<'a> {
    /// Id for the finding: `portage-new-CASE`, where CASE is the first of its cases.
    pub id: String,
    /// The instances, in the order of the record; never empty.
    pub instances: Vec<&'a Instance>,
}

/// Groups failing instances of a target: those that are of one case, share their first requirement, show the same
/// difference, or died of the same exception.
pub fn group<'a>(target: &TargetRecord, failing: Vec<&'a Instance>) -> Vec<Proposed<'a>> {
    let mut groups: Vec<Vec<&Instance>> = Vec::new();
    let mut of_sign: HashMap<String, usize> = HashMap::new();
    for instance in failing {
        let signs = signs(target, instance);
        let mut at: Vec<usize> = signs
            .iter()
            .filter_map(|s| of_sign.get(s).copied())
            .collect();
        at.sort_unstable();
        at.dedup();
        let first = at.first().copied().unwrap_or_else(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        // An instance that has something in common with several groups joins them.
        for other in at.into_iter().skip(1) {
            let moved = std::mem::take(&mut groups[other]);
            groups[first].extend(moved);
            of_sign
                .values_mut()
                .filter(|g| **g == other)
                .for_each(|g| *g = first);
        }
        groups[first].push(instance);
        of_sign.extend(signs.into_iter().map(|sign| (sign, first)));
    }
    let groups = groups.into_iter().filter(|group| !group.is_empty());
    groups
        .map(|instances| Proposed {
            id: format!("{}-new-{}", target.pm, instances[0].case),
            instances,
        })
        .collect()
}

/// What an instance has in common with others of the same cause.
fn signs(target: &TargetRecord, instance: &Instance) -> Vec<String> {
    let mut signs = vec![format!("case {}", instance.case)];
    signs.extend(
        instance
            .requirements
            .first()
            .map(|id| format!("requirement {id}")),
    );
    signs.extend(
        bad(instance)
            .filter_map(|c| difference(c, instance))
            .take(1),
    );
    let log = instance.build.and_then(|at| target.builds.get(at));
    let line = log.and_then(|build| last_line(&build.log));
    signs.extend(line.map(|line| format!("exception {line}")));
    signs
}

/// A difference that is particular enough to tell a cause: not the bare end of a step, and not a short value.
fn difference(compared: &Compared, instance: &Instance) -> Option<String> {
    const PARTICULAR: usize = 8;
    let actual = compared.actual.as_ref()?.printable();
    let bare = compared.address.ends_with("outcome") || compared.address.ends_with("installed");
    let short = actual.len() < PARTICULAR || actual == "absent";
    if compared.outcome != Outcome::Differs || bare || short {
        return None;
    }
    let text = format!(
        "difference {} {} {actual}",
        compared.address, compared.expected
    );
    Some(text.replace(&format!("-e{}", instance.eapi), "-e@eapi@"))
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Verdict;

    use super::*;
    use crate::record::BuildRecord;
    use crate::sample;

    fn failing(case: &str, requirement: &str, actual: &str) -> Instance {
        Instance {
            requirements: vec![requirement.to_owned()],
            ..sample::instance(case, Verdict::Failed, actual.as_bytes())
        }
    }

    fn groups(instances: Vec<Instance>, builds: Vec<BuildRecord>) -> Vec<Vec<String>> {
        let target = TargetRecord {
            pm: "portage".to_owned(),
            instances,
            builds,
            ..TargetRecord::default()
        };
        let found = super::super::new(&target);
        let ids = |p: &Proposed<'_>| p.instances.iter().map(|i| i.case.clone()).collect();
        found.iter().map(ids).collect()
    }

    #[test]
    fn failures_with_a_requirement_a_difference_or_an_exception_in_common_are_one() {
        let mut died = failing("e", "r5", "f");
        died.build = Some(1);
        let mut too = failing("f", "r6", "g");
        too.build = Some(1);
        let log = "Traceback (most recent call last):\n  x\nKeyError: 1\n".to_owned();
        let builds = vec![
            BuildRecord::default(),
            BuildRecord {
                log,
                ..BuildRecord::default()
            },
        ];
        let found = groups(
            vec![
                failing("a", "r1", "1"),
                failing("b", "r1", "2"),
                failing("c", "r3", "a long value"),
                failing("d", "r4", "a long value"),
                died,
                too,
                failing("g", "r7", "1"),
            ],
            builds,
        );
        assert_eq!(found, [&["a", "b"][..], &["c", "d"], &["e", "f"], &["g"]]);
    }

    #[test]
    fn a_failure_that_belongs_to_two_groups_joins_them() {
        let found = groups(
            vec![
                failing("a", "r1", "a long value"),
                failing("b", "r2", "other value"),
                failing("c", "r1", "other value"),
            ],
            vec![BuildRecord::default()],
        );
        assert_eq!(found, [["a", "b", "c"]]);
    }
}

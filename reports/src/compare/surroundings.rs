//! What differs between two runs apart from the package manager: each can change a verdict by itself.

use std::collections::BTreeSet;

use crate::record::{Results, TargetRecord};

/// The differences, a sentence each: those of the machines, then those of each pair of targets.
pub(super) fn differences(
    old: &Results,
    new: &Results,
    pairs: &[(&TargetRecord, &TargetRecord)],
) -> Vec<String> {
    let (a, b) = (&old.host, &new.host);
    let machine = [
        ("the kernel", &a.kernel, &b.kernel),
        ("the system", &a.system, &b.system),
        ("the architecture", &a.arch, &b.arch),
    ];
    let mut all: Vec<String> = machine.into_iter().filter_map(differing).collect();
    for (before, after) in pairs {
        let own = of_pair(before, after);
        all.extend(
            own.into_iter()
                .map(|text| format!("{}: {text}", after.name)),
        );
    }
    all
}

fn of_pair(old: &TargetRecord, new: &TargetRecord) -> Vec<String> {
    let nothing = "none".to_owned();
    let interpreter = |target: &TargetRecord| target.interpreter.clone().unwrap_or_default();
    let (before, after) = (interpreter(old), interpreter(new));
    let facts = [
        ("the interpreter", &before, &after),
        ("Bash", &old.bash, &new.bash),
        ("the testbed", &old.testbed, &new.testbed),
    ];
    let mut all: Vec<String> = facts.into_iter().filter_map(differing).collect();
    // Records of before dependencies were recorded have none.
    if !old.dependencies.is_empty() && !new.dependencies.is_empty() {
        let names: BTreeSet<&String> = old
            .dependencies
            .keys()
            .chain(new.dependencies.keys())
            .collect();
        for name in names {
            let of =
                |target: &TargetRecord| target.dependencies.get(name).unwrap_or(&nothing).clone();
            all.extend(differing((name, &of(old), &of(new))));
        }
    }
    all
}

fn differing((what, old, new): (&str, &String, &String)) -> Option<String> {
    let shown = |text: &String| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            text.clone()
        }
    };
    (old != new).then(|| format!("{what} was {}, and is {}", shown(old), shown(new)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::results;

    #[test]
    fn each_difference_is_one_sentence() {
        let (mut old, mut new) = (results(), results());
        assert_eq!(
            differences(&old, &new, &[(&old.targets[0], &new.targets[0])]),
            [""; 0]
        );
        new.host.kernel = "6.18".to_owned();
        old.targets[0].bash = "5.2.15".to_owned();
        new.targets[0].bash = "5.3".to_owned();
        let versions = [("snakeoil".to_owned(), "0.11".to_owned())];
        old.targets[0].dependencies = versions.clone().into();
        new.targets[0].dependencies = versions.into();
        new.targets[0]
            .dependencies
            .insert("lxml".to_owned(), "6".to_owned());
        let found = differences(&old, &new, &[(&old.targets[0], &new.targets[0])]);
        let name = &new.targets[0].name;
        assert_eq!(
            found,
            [
                "the kernel was 6.1, and is 6.18".to_owned(),
                format!("{name}: Bash was 5.2.15, and is 5.3"),
                format!("{name}: lxml was none, and is 6"),
            ]
        );
    }
}

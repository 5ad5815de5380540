//! Alters observations after they arrived. This is the weakest sabotage: it only shows that a case
//! compares something. It needs no call of a package manager, and it alters what no ebuild can change,
//! such as checksums and entries that the package manager itself writes.

use std::collections::BTreeSet;

use super::noticed::noticed;
use crate::expand::Instance;
use crate::judge::{FileSeen, Observed, Said, StepObserved, judge};
use crate::model::{Build, Check, FileKind, Value, What};

/// Changes a value, given its position among all values.
type Change<'a> = &'a dyn Fn(&Value, usize) -> Value;

/// Whether the case notices that what was observed arrives altered.
pub fn notices_altered(instance: &Instance, build: &Build, observed: &Observed) -> bool {
    // The slashes are for patterns that check only the end of a path.
    let other = |_: &Value, count| Value::from(format!("sabotaged {count}//"));
    let forbidden = instance.expect.iter().find_map(|(_, check)| match check {
        Check::Not(value) => Some(value.clone()),
        _ => None,
    });
    let forbidden = forbidden.unwrap_or_else(|| "sabotaged".into());
    let alike = |_: &Value, _| forbidden.clone();
    let longer = |value: &Value, _| {
        let unwanted = unwanted(instance).join(" ");
        Value([value.0.as_slice(), b" ", unwanted.as_bytes()].concat())
    };
    let changes: [Change<'_>; 3] = [&other, &alike, &longer];
    changes.iter().any(|change| {
        let mut altered = altered(observed, *change);
        alter_installed(instance, build, &mut altered);
        add_entries(instance, build, &mut altered);
        noticed(instance, &judge(instance, build, &altered))
    })
}

/// Words that an expectation forbids.
fn unwanted(instance: &Instance) -> Vec<String> {
    let words = instance.expect.iter().filter_map(|(_, check)| match check {
        Check::Lacks(words) => Some(words.join(" ")),
        _ => None,
    });
    words.collect()
}

fn altered(observed: &Observed, change: Change<'_>) -> Observed {
    let mut altered = observed.clone();
    let mut count = 0;
    let mut next = |value: &mut Value| {
        count += 1;
        *value = change(value, count);
    };
    for step in altered.steps.values_mut() {
        for fact in &mut step.facts {
            if let Said::Value(_, value) = &mut fact.said {
                next(value);
            }
        }
        let entries = step.vdb.values_mut().chain(step.metadata.values_mut());
        entries.flat_map(|e| e.values_mut()).for_each(&mut next);
        step.output.iter_mut().for_each(&mut next);
        step.requests.push("/sabotaged".to_owned());
        alter_files(step);
    }
    altered
}

/// Makes existing paths absent, and absent ones exist.
fn alter_files(step: &mut StepObserved) {
    for seen in step.files.values_mut() {
        let kind = match seen.kind {
            FileKind::Absent => FileKind::File,
            _ => FileKind::Absent,
        };
        *seen = FileSeen {
            kind,
            ..FileSeen::absent()
        };
    }
}

/// Inverts whether packages are installed, but only where the case expects something of it: a case is
/// not judged further after another step went wrong.
fn alter_installed(instance: &Instance, build: &Build, observed: &mut Observed) {
    let asked: BTreeSet<(&str, &str)> = (instance.expect.iter())
        .filter(|(address, _)| address.what == What::Installed)
        .filter_map(|(address, _)| Some((address.step_in(build)?, address.ebuild())))
        .collect();
    for (step, handle) in asked {
        let Some(seen) = observed.steps.get_mut(step) else {
            continue;
        };
        if seen.vdb.remove(handle).is_none() {
            seen.vdb.insert(handle.to_owned(), [].into());
        }
    }
}

/// Adds the entries that must be absent.
fn add_entries(instance: &Instance, build: &Build, observed: &mut Observed) {
    for (address, check) in &instance.expect {
        let step = address.step_in(build);
        let (Check::Absent, Some(step)) = (check, step.and_then(|s| observed.steps.get_mut(s)))
        else {
            continue;
        };
        let (entries, key) = match &address.what {
            What::Vdb(key) => (step.vdb.get_mut(address.ebuild()), key),
            What::Metadata(key) => (step.metadata.get_mut(address.ebuild()), key),
            _ => continue,
        };
        if let Some(entries) = entries {
            entries.insert(key.clone(), "sabotaged".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::noticed::tests::{instance, observed};
    use super::*;
    use crate::judge::StepEnd;

    #[test]
    fn a_case_notices_whatever_it_compares_and_nothing_else() {
        let table = [
            ("\"src_install.k\" = \"x\"", true),
            ("\"src_install.k\" = { not = \"y\" }", true),
            ("\"src_install.k\" = { lacks = \"y\" }", true),
            ("\"src_install.k\" = { matches = \"[^/]$\" }", true),
            ("\"file /p\" = \"absent\"", true),
            ("installed = true", true),
            ("\"vdb X\" = { absent = true }", true),
            ("outcome = \"succeeds\"", false),
            ("\"src_install.k\" = { recorded = true }", false),
        ];
        for (expect, wanted) in table {
            let (instance, build) = instance(expect);
            let observed = observed(StepEnd::Succeeded, true, &["x"]);
            let found = notices_altered(&instance, &build, &observed);
            assert_eq!(found, wanted, "{expect}");
        }
    }
}

//! Updates a ledger from records. What people write (ids, titles, kinds, reasons) is kept; new failures become proposed
//! findings, whose reason people have to write.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use pmsts_reports::findings;
use pmsts_reports::record::{Instance, TargetRecord};
use pmsts_testcases::{Eapi, EapiSet};

use super::values::Values;
use super::{Finding, Kind, Ledger, LedgerError, Seen};

const HEAD: &str = "\
# Known findings: departures from the PMS, one for each cause. `pmsts run --ledger FILE --bless` writes cases and values;
# ids, titles, kinds and reasons are written by people, who have found out why the cases fail.

";

/// What was seen, and the finding that it is a part of.
struct Placed {
    finding: String,
    seen: Seen,
}

impl Ledger {
    /// The ledger after the runs: failures replace the entries of all that ran, the other entries stay.
    #[must_use]
    pub fn blessed(&self, targets: &[&TargetRecord]) -> Self {
        let mut placed: Vec<Placed> = Vec::new();
        let mut proposed: Vec<Finding> = Vec::new();
        for run in targets {
            let (known, new): (Vec<&Instance>, Vec<&Instance>) =
                failing(run).partition(|instance| self.owner(instance, run).is_some());
            for instance in known {
                if let Some((finding, old)) = self.owner(instance, run) {
                    add(&mut placed, &finding.id, Some(old), instance);
                }
            }
            for group in findings::group(run, new) {
                let finding = self.free_id(&group.id, &mut proposed, &group.instances);
                for instance in &group.instances {
                    add(&mut placed, &finding, None, instance);
                }
            }
        }
        self.keep_what_did_not_run(&mut placed, targets);
        self.with(placed, proposed)
    }

    /// The finding and the entry that a failing instance belongs to.
    fn owner(&self, instance: &Instance, run: &TargetRecord) -> Option<(&Finding, &Seen)> {
        let eapi = instance.eapi.parse::<Eapi>().ok()?;
        let entries = self.findings.iter();
        let entries = entries.flat_map(|f| f.seen.iter().map(move |seen| (f, seen)));
        entries
            .filter(|(_, seen)| seen.is_of(instance) && is_of(seen, run))
            .max_by_key(|(_, seen)| seen.eapis.contains(eapi))
    }

    /// Notes a proposed finding, and returns its id: the proposed one, unless the ledger has it already.
    fn free_id(&self, id: &str, proposed: &mut Vec<Finding>, of: &[&Instance]) -> String {
        let taken = |id: &str| self.findings.iter().any(|f| f.id == id);
        let mut free = id.to_owned();
        for number in 2.. {
            if !taken(&free) {
                break;
            }
            free = format!("{id}-{number}");
        }
        if !proposed.iter().any(|f| f.id == free) {
            proposed.push(propose(&free, of));
        }
        free
    }

    /// Adds the entries of the old ledger whose cases did not run, as far as they did not.
    fn keep_what_did_not_run(&self, placed: &mut Vec<Placed>, targets: &[&TargetRecord]) {
        for finding in &self.findings {
            for old in &finding.seen {
                if let Some(eapis) = not_run(old, targets) {
                    let rest = Seen {
                        eapis,
                        ..old.clone()
                    };
                    join(placed, &finding.id, rest);
                }
            }
        }
    }

    /// The ledger with these entries. Findings of which nothing is left are dropped.
    fn with(&self, placed: Vec<Placed>, proposed: Vec<Finding>) -> Self {
        let mut of_finding: HashMap<String, Vec<Seen>> = HashMap::new();
        for it in placed {
            of_finding.entry(it.finding).or_default().push(it.seen);
        }
        let mut findings = Vec::new();
        for old in self.findings.iter().cloned().chain(proposed) {
            let Some(mut seen) = of_finding.remove(&old.id) else {
                continue;
            };
            seen.sort_by_key(|s| (s.case.clone(), s.row.clone(), s.eapis.to_string()));
            findings.push(Finding { seen, ..old });
        }
        findings.sort_by(|a, b| a.id.cmp(&b.id));
        Self {
            pm: self.pm.clone(),
            findings,
        }
    }

    /// Writes the file under a temporary name, then renames it.
    pub fn write(&self, path: &Path) -> Result<(), LedgerError> {
        let text = toml::to_string_pretty(self).unwrap_or_default();
        let failed = |source| LedgerError::Io {
            what: "write",
            path: path.to_owned(),
            source,
        };
        let new = path.with_extension("toml.new");
        fs::write(&new, format!("{HEAD}{text}")).map_err(failed)?;
        fs::rename(&new, path).map_err(failed)
    }
}

fn failing(run: &TargetRecord) -> impl Iterator<Item = &Instance> {
    run.instances.iter().filter(|i| i.verdict.is_failure())
}

/// Adds what was seen of an instance; instances that differ only by EAPI become one entry.
fn add(placed: &mut Vec<Placed>, finding: &str, old: Option<&Seen>, instance: &Instance) {
    let Ok(eapi) = instance.eapi.parse::<Eapi>() else {
        return;
    };
    let values = Values::of(instance);
    let seen = Seen {
        case: instance.case.clone(),
        eapis: [eapi].into_iter().collect(),
        row: instance.row.clone(),
        versions: old.and_then(|old| old.versions.clone()),
        verdict: values.verdict,
        actual: values.actual(),
        missing: values.missing.clone(),
    };
    let seen = match old {
        // What still holds stays as it is written, so that EAPIs which did not run remain part of the entry.
        Some(old) if values.unlike(old).is_none() => Seen {
            actual: old.actual.clone(),
            missing: old.missing.clone(),
            ..seen
        },
        _ => seen,
    };
    join(placed, finding, seen);
}

/// Adds an entry. Entries of a finding that differ only by EAPI become one.
fn join(placed: &mut Vec<Placed>, finding: &str, seen: Seen) {
    let alike = |it: &&mut Placed| {
        let there = Seen {
            eapis: seen.eapis,
            ..it.seen.clone()
        };
        it.finding == finding && there == seen
    };
    match placed.iter_mut().find(alike) {
        Some(there) => there.seen.eapis = there.seen.eapis.or(seen.eapis),
        None => placed.push(Placed {
            finding: finding.to_owned(),
            seen,
        }),
    }
}

fn propose(id: &str, of: &[&Instance]) -> Finding {
    let mut sections: Vec<String> = Vec::new();
    for instance in of {
        if !sections.contains(&instance.section) {
            sections.push(instance.section.clone());
        }
    }
    let first = of[0];
    let kind = if first.disputed.is_some() {
        Kind::Disputed
    } else if first.lenient {
        Kind::Leniency
    } else {
        Kind::Violation
    };
    Finding {
        id: id.to_owned(),
        title: format!("Not so: {}", first.title),
        kind,
        sections,
        reason: String::new(),
        answers: None,
        differs: None,
        source: None,
        since: None,
        commit: None,
        until: None,
        bug: None,
        seen: Vec::new(),
    }
}

/// Whether the entry covers the version that ran.
fn is_of(seen: &Seen, run: &TargetRecord) -> bool {
    seen.fits(run.version.parse().ok().as_ref())
}

/// The EAPIs of an entry in which its case did not run on any of its versions.
fn not_run(seen: &Seen, targets: &[&TargetRecord]) -> Option<EapiSet> {
    let tried = |eapi: &Eapi| {
        let name = eapi.to_string();
        targets.iter().filter(|run| is_of(seen, run)).any(|run| {
            let mut instances = run.instances.iter();
            instances.any(|i| seen.is_of(i) && i.eapi == name)
        })
    };
    let rest: EapiSet = seen.eapis.iter().filter(|eapi| !tried(eapi)).collect();
    (!rest.is_empty()).then_some(rest)
}

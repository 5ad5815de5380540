//! Updates a ledger from records. Kinds and reasons, which people write, are kept.

use std::fs;
use std::path::Path;

use pmsts_reports::record::{Instance, TargetRecord};
use pmsts_testcases::{Eapi, EapiSet};

use super::seen::SeenValues;
use super::{DepartureKind, Known, Ledger, LedgerError};

const HEAD: &str = "\
# Known departures from the PMS. `pmsts run --ledger FILE --bless` writes cases and values; kinds and
# reasons are written by people, who have found out why the case fails.

";

impl Ledger {
    /// The ledger after the runs: failures replace the entries of all that ran, the other entries stay.
    #[must_use]
    pub fn blessed(&self, targets: &[&TargetRecord]) -> Self {
        let mut known: Vec<Known> = Vec::new();
        for run in targets {
            for instance in run.instances.iter().filter(|i| i.verdict.is_failure()) {
                self.add(&mut known, run, instance);
            }
        }
        for old in &self.known {
            if let Some(eapis) = not_run(old, targets) {
                let rest = Known {
                    eapis,
                    ..old.clone()
                };
                join(&mut known, rest);
            }
        }
        known.sort_by(|a, b| {
            (&a.case, &a.row, a.eapis.to_string()).cmp(&(&b.case, &b.row, b.eapis.to_string()))
        });
        Self {
            pm: self.pm.clone(),
            known,
        }
    }

    fn add(&self, known: &mut Vec<Known>, run: &TargetRecord, instance: &Instance) {
        let Ok(eapi) = instance.eapi.parse::<Eapi>() else {
            return;
        };
        let seen = SeenValues::of(instance);
        let alike = |k: &&mut Known| {
            k.case == instance.case && k.row == instance.row && seen.unlike(k).is_none()
        };
        if let Some(entry) = known.iter_mut().find(alike) {
            entry.eapis = entry.eapis.or([eapi].into_iter().collect());
            return;
        }
        let of_case = |k: &&Known| k.case == instance.case && k.row == instance.row;
        let old = self
            .known
            .iter()
            .filter(of_case)
            .filter(|k| is_of(k, run))
            .max_by_key(|k| k.eapis.contains(eapi));
        known.push(Known {
            case: instance.case.clone(),
            eapis: [eapi].into_iter().collect(),
            row: instance.row.clone(),
            versions: old.and_then(|k| k.versions.clone()),
            kind: old.map_or_else(|| guess(instance), |k| k.kind),
            section: instance.section.clone(),
            reason: old.map_or_else(
                || instance.disputed.clone().unwrap_or_default(),
                |k| k.reason.clone(),
            ),
            verdict: seen.verdict,
            actual: seen.actual,
            missing: seen.missing,
        });
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

/// Adds an entry. Entries that differ only by EAPI become one.
fn join(known: &mut Vec<Known>, entry: Known) {
    let alike = |k: &&mut Known| {
        let there = Known {
            eapis: entry.eapis,
            ..(*k).clone()
        };
        there == entry
    };
    match known.iter_mut().find(alike) {
        Some(there) => there.eapis = there.eapis.or(entry.eapis),
        None => known.push(entry),
    }
}

fn guess(instance: &Instance) -> DepartureKind {
    if instance.disputed.is_some() {
        DepartureKind::Disputed
    } else if instance.lenient {
        DepartureKind::Leniency
    } else {
        DepartureKind::Violation
    }
}

/// Whether the entry covers the version that ran.
fn is_of(known: &Known, run: &TargetRecord) -> bool {
    known.fits(run.version.parse().ok().as_ref())
}

/// The EAPIs of an entry in which its case did not run on any of its versions.
fn not_run(known: &Known, targets: &[&TargetRecord]) -> Option<EapiSet> {
    let tried = |eapi: &Eapi| {
        let name = eapi.to_string();
        targets.iter().filter(|run| is_of(known, run)).any(|run| {
            run.instances
                .iter()
                .any(|i| i.case == known.case && i.row == known.row && i.eapi == name)
        })
    };
    let rest: EapiSet = known.eapis.iter().filter(|eapi| !tried(eapi)).collect();
    (!rest.is_empty()).then_some(rest)
}

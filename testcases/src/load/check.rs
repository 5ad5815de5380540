//! Checks a case as a whole: it verifies requirements where they hold, and every observation that it
//! expects can be made.

use super::fault::{Fault, Faults, Span};
use super::item::{Item, Placed};
use super::nearest::nearest;
use crate::model::{Address, Build, Check, EapiSet, Expectation, Helper, What};
use crate::requirement::Catalogue;

/// The requirements of a case, and the EAPIs in which at least one of them holds.
#[derive(Debug, Default)]
pub(super) struct Verified {
    pub(super) ids: Vec<String>,
    pub(super) eapis: EapiSet,
}

/// Reads the requirements of a case.
pub(super) fn verified(catalogue: &Catalogue, item: Item) -> Result<Verified, Faults> {
    let span = item.span.clone();
    let items = item.list()?;
    let mut faults = Faults::default();
    if items.is_empty() {
        faults.push(Fault::new(span, "name at least one requirement"));
    }
    let mut verified = Verified::default();
    for item in items {
        let span = item.span.clone();
        let Some(id) = faults.keep(item.text()) else {
            continue;
        };
        match catalogue.get(&id) {
            Some(requirement) => {
                verified.eapis = verified.eapis.or(requirement.eapis);
                verified.ids.push(id);
            }
            None => faults.push(Fault::new(span, no_requirement(catalogue, &id))),
        }
    }
    faults.or(verified)
}

fn no_requirement(catalogue: &Catalogue, id: &str) -> String {
    let hint = nearest(id, catalogue.keys().map(String::as_str))
        .map(|meant| format!(": did you mean `{meant}`?"))
        .unwrap_or_default();
    format!("the catalogue has no requirement `{id}`{hint}")
}

/// Checks that every requirement holds in one of the EAPIs in which the case runs.
pub(super) fn every_requirement_holds(
    catalogue: &Catalogue,
    requirements: &[String],
    eapis: EapiSet,
    span: &Span,
) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for id in requirements {
        if catalogue[id.as_str()].eapis.and(eapis).is_empty() {
            let message = format!("`{id}` holds in none of the case's EAPIs {eapis}");
            faults.push(Fault::new(span.clone(), message));
        }
    }
    faults.or(())
}

/// Checks that every expectation is about something that the build can show.
pub(super) fn observable(expect: &[Placed<Expectation>], build: &Build) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for Placed { span, value } in expect {
        let mut complain = |complaint: Option<String>, address: &Address| {
            if let Some(complaint) = complaint {
                faults.push(Fault::new(
                    span.clone(),
                    format!("`{address}`: {complaint}"),
                ));
            }
        };
        let address = &value.address;
        complain(
            unknown_name(address, build).or_else(|| unobservable(value, build)),
            address,
        );
        for (_, check) in &value.by_eapi {
            if let Check::SameAs(other) | Check::DiffersFrom(other) = check {
                complain(unknown_name(other, build), other);
            }
        }
    }
    faults.or(())
}

/// The complaint about a step or an ebuild that the build does not have.
fn unknown_name(address: &Address, build: &Build) -> Option<String> {
    if let Some(step) = &address.step
        && !build.steps.iter().any(|s| s.name == *step)
    {
        return Some(format!("there is no step `{step}`"));
    }
    let needs_ebuild = !matches!(
        address.what,
        What::Calls | What::Outcome | What::Output | What::File(_) | What::Requests
    );
    let ebuild = address.ebuild();
    (needs_ebuild && !build.ebuilds.contains_key(ebuild))
        .then(|| format!("there is no ebuild `{ebuild}`"))
}

/// The complaint about an observation that cannot be made.
fn unobservable(expectation: &Expectation, build: &Build) -> Option<String> {
    let ebuild = expectation.address.ebuild();
    let reports = build
        .ebuilds
        .get(ebuild)
        .is_some_and(|e| e.helper != Helper::None || e.text.is_some());
    let complaint = match &expectation.address.what {
        What::Sent { .. } | What::Phases if !reports => {
            "the ebuild has no `observe` functions (helper = \"none\")"
        }
        What::Sent { key, .. } => {
            let has_absent = expectation.by_eapi.iter().any(|(_, c)| *c == Check::Absent);
            if !has_absent || sends(build, ebuild, key) {
                return None;
            }
            "no phase sends this key, so its absence shows nothing"
        }
        What::Requests if build.served.is_empty() => {
            "nothing is `served`, so there is no server to ask"
        }
        _ => return None,
    };
    Some(complaint.to_owned())
}

/// Whether some Bash text of the ebuild or of an eclass contains the key.
fn sends(build: &Build, ebuild: &str, key: &str) -> bool {
    let key = key.strip_suffix(".state").unwrap_or(key);
    let ebuild = &build.ebuilds[ebuild];
    let texts = ebuild
        .phases
        .values()
        .chain(&ebuild.text)
        .chain([&ebuild.global, &ebuild.header]);
    texts
        .chain(build.eclasses.values())
        .any(|text| text.contains(key))
}

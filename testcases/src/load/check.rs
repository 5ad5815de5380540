//! What must hold between the parts of a case: nothing is expected that can never be observed.

use super::fault::Fault;
use super::item::{Item, Span};
use crate::address::{Address, What};
use crate::eapi::EapiSet;
use crate::expect::{Check, Expectation};
use crate::model::{Build, Case, Helper};
use crate::requirement::Catalogue;

/// The EAPIs in which one of the requirements holds.
pub(super) fn range(catalogue: &Catalogue, requirements: &Item) -> Result<EapiSet, Fault> {
    let items = requirements.clone().list()?;
    if items.is_empty() {
        return Err(Fault::new(
            requirements.span.clone(),
            "name one requirement at least",
        ));
    }
    items
        .into_iter()
        .try_fold(EapiSet::default(), |range, item| {
            let span = item.span.clone();
            let id = item.text()?;
            let requirement = catalogue.get(&id).ok_or_else(|| {
                Fault::new(span, format!("the catalogue has no requirement `{id}`"))
            })?;
            Ok(range.or(requirement.eapis))
        })
}

/// A case verifies a requirement only in an EAPI in which it holds.
pub(super) fn every_requirement_holds(
    catalogue: &Catalogue,
    requirements: &[String],
    eapis: EapiSet,
    span: &Span,
) -> Result<(), Fault> {
    match requirements
        .iter()
        .find(|id| catalogue[id.as_str()].eapis.and(eapis).is_empty())
    {
        Some(id) => Err(Fault::new(
            span.clone(),
            format!("`{id}` holds in none of the case's EAPIs {eapis}"),
        )),
        None => Ok(()),
    }
}

/// A case to be checked, with the places that faults point at.
pub(super) struct Checked<'a> {
    pub(super) case: &'a Case,
    pub(super) id: &'a Span,
    pub(super) expect: &'a Span,
}

impl Checked<'_> {
    /// Checks each expectation, and that there is one.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if self.case.expect.is_empty() {
            return Err(Fault::new(self.expect.clone(), "the case expects nothing"));
        }
        for expectation in &self.case.expect {
            self.names_exist(&expectation.address)?;
            self.can_be_observed(expectation)?;
            for (_, check) in &expectation.by_eapi {
                if let Check::SameAs(other) | Check::DiffersFrom(other) = check {
                    self.names_exist(other)?;
                }
            }
        }
        if self.case.vectors.is_some() && self.case.build.name != self.case.id {
            return Err(Fault::new(
                self.id.clone(),
                "a case with vectors has a build of its own",
            ));
        }
        Ok(())
    }

    fn fault(&self, address: &Address, what: &str) -> Fault {
        Fault::new(self.expect.clone(), format!("`{address}`: {what}"))
    }

    fn names_exist(&self, address: &Address) -> Result<(), Fault> {
        let build = &self.case.build;
        if let Some(step) = &address.step
            && !build.steps.iter().any(|s| s.name == *step)
        {
            return Err(self.fault(address, &format!("there is no step `{step}`")));
        }
        let wants_ebuild = !matches!(
            address.what,
            What::Calls | What::Outcome | What::Output | What::File(_) | What::Requests
        );
        if wants_ebuild && !build.ebuilds.contains_key(address.ebuild()) {
            return Err(self.fault(
                address,
                &format!("there is no ebuild `{}`", address.ebuild()),
            ));
        }
        Ok(())
    }

    fn can_be_observed(&self, expectation: &Expectation) -> Result<(), Fault> {
        let address = &expectation.address;
        let build = &self.case.build;
        let reporting = |name: &str| {
            build
                .ebuilds
                .get(name)
                .is_some_and(|e| e.helper != Helper::None || e.text.is_some())
        };
        match &address.what {
            What::Sent { key, .. } => {
                if !reporting(address.ebuild()) {
                    return Err(self.fault(address, "the ebuild has no helper to observe with"));
                }
                let has_absent = expectation.by_eapi.iter().any(|(_, c)| *c == Check::Absent);
                if has_absent && !sends(build, address.ebuild(), key) {
                    return Err(self.fault(
                        address,
                        "no phase sends this key, so its absence says nothing",
                    ));
                }
                Ok(())
            }
            What::Requests if build.served.is_empty() => {
                Err(self.fault(address, "nothing is `served`, so there is no server to ask"))
            }
            What::Phases if !reporting(address.ebuild()) => {
                Err(self.fault(address, "the ebuild has no helper to observe with"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether some Bash text of the ebuild or of an eclass holds the key.
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

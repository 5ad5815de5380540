//! Reads the files of the catalogue.

use toml::Spanned;

use super::fault::{Fault, Faults};
use crate::model::Eapi;
use crate::requirement::{Catalogue, Requirement};

/// A file of the catalogue.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    requirement: Vec<Spanned<Requirement>>,
}

/// Adds the requirements of a file.
pub(super) fn add_requirements(catalogue: &mut Catalogue, text: &str) -> Result<(), Faults> {
    let file: File = toml::from_str(text)
        .map_err(|e| Fault::new(e.span().unwrap_or_default(), e.message().to_owned()))?;
    let mut faults = Faults::default();
    for requirement in file.requirement {
        let span = requirement.span();
        let requirement = requirement.into_inner();
        let id = requirement.id.clone();
        let is_drafted = requirement.eapis.contains(Eapi::DRAFT);
        let only_drafted = is_drafted && requirement.eapis.defined().is_empty();
        if is_drafted != only_drafted || requirement.draft != only_drafted {
            faults.push(Fault::new(
                span.clone(),
                format!(
                    "`{id}`: a requirement of EAPI {} alone needs `draft = true`, and no other one may have it",
                    Eapi::DRAFT
                ),
            ));
        }
        if catalogue.insert(id.clone(), requirement).is_some() {
            faults.push(Fault::new(span, format!("duplicate requirement `{id}`")));
        }
    }
    faults.or(())
}

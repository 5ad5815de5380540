//! The releases, or the commits of a checkout, that a search goes through.

use std::path::Path;

use super::CliError;
use super::checkout::{Checkout, revisions};
use crate::provision::{Error, Provisioner, Spec};

/// Releases or commits of a package manager, oldest first.
pub(super) struct Places {
    pm: String,
    /// The name of each, and the text to show for it.
    all: Vec<(String, String)>,
    checkout: Option<Checkout>,
}

impl Places {
    /// The releases that a specification names.
    pub(super) fn releases(
        range: &Spec,
        provisioner: &mut Provisioner<'_>,
    ) -> Result<Self, CliError> {
        let specs = provisioner.expand(std::slice::from_ref(range))?;
        let release = |(s, _): &(Spec, _)| s.to_string().split_once('@').map(|(_, r)| r.to_owned());
        let releases = specs.iter().filter_map(release);
        Ok(Self {
            pm: range.pm.clone(),
            all: releases.map(|name| (name.clone(), name)).collect(),
            checkout: None,
        })
    }

    /// The commits of a checkout from one end to the other.
    pub(super) fn commits(
        pm: &str,
        dir: &Path,
        (one, other): (&str, &str),
    ) -> Result<Self, CliError> {
        Ok(Self {
            pm: pm.to_owned(),
            all: revisions(dir, one, other)?,
            checkout: Some(Checkout::of(dir, one)?),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn are_commits(&self) -> bool {
        self.checkout.is_some()
    }

    /// The release or hash.
    pub(super) fn name(&self, place: usize) -> &str {
        &self.all[place].0
    }

    /// The release, or a line about the commit.
    pub(super) fn shown(&self, place: usize) -> &str {
        &self.all[place].1
    }

    /// Turns to a place: how a run names it.
    pub(super) fn turn_to(&self, place: usize) -> Result<Spec, CliError> {
        let (pm, name) = (&self.pm, self.name(place));
        let text = match &self.checkout {
            Some(checkout) => {
                checkout.turn_to(name)?;
                format!("{pm}:{}", checkout.tree().display())
            }
            None => format!("{pm}@{name}"),
        };
        let spec = text.parse::<Spec>().map_err(Error::Spec)?;
        Ok(spec)
    }
}

//! The suite: the catalogue of requirements, and the cases that verify them.

use crate::model::{Case, Check, Ending};
use crate::requirement::{Catalogue, Level, Subject};

/// The requirements and the cases.
#[derive(Debug, Default)]
pub struct Suite {
    /// Requirements by id.
    pub catalogue: Catalogue,
    /// Cases by file and place.
    pub cases: Vec<Case>,
}

impl Suite {
    /// Whether a package manager that fails the case accepts what it need not accept: all that the
    /// case verifies binds others, and it expects that they are refused.
    pub fn is_lenient(&self, case: &Case) -> bool {
        let binds_others = |id: &String| {
            self.catalogue.get(id).is_some_and(|it| {
                it.subject != Subject::PackageManager
                    && matches!(it.level, Level::Must | Level::MustNot | Level::Should)
            })
        };
        let mut checks = case.expect.iter().flat_map(|e| &e.by_eapi);
        let refuses = checks.any(
            |(_, check)| matches!(check, Check::Ending(it) if !matches!(it, Ending::Succeeds | Ending::Either)),
        );
        refuses && case.requirements.iter().all(binds_others)
    }

    /// The case with the id.
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}

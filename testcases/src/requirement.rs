//! The catalogue: what the PMS asks for, a statement at a time.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::EapiSet;

/// One statement of the PMS, in our own words.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `<chapter>.<slug>`, stable.
    pub id: String,
    /// PMS label of the closest enclosing section, table, algorithm, listing or feature.
    pub section: String,
    /// Lines in the chapter's LaTeX source.
    pub lines: String,
    /// How strongly it binds.
    pub level: Level,
    /// Whom it binds.
    pub subject: Subject,
    /// Where it holds.
    pub eapis: EapiSet,
    /// The fact.
    pub statement: String,
    /// What kind of observation shows it.
    pub observable: String,
    /// How a black-box test sees it.
    pub check: String,
    /// Whether a black-box test can see it.
    pub testable: Testable,
    /// Why not, where it cannot.
    pub why: Option<String>,
}

impl Requirement {
    /// The PMS chapter, named as its source file.
    pub fn chapter(&self) -> &str {
        self.id
            .split_once('.')
            .map_or(self.id.as_str(), |(chapter, _)| chapter)
    }
}

/// How strongly a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Must hold.
    Must,
    /// Must not happen.
    MustNot,
    /// Is permitted.
    May,
    /// Is recommended.
    Should,
    /// Defines a word.
    Definition,
    /// Is left open.
    Undefined,
}

/// Whom a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The package manager: breaking it is a departure from the PMS.
    PackageManager,
    /// The ebuild: a package manager that accepts the breach is lenient.
    Ebuild,
    /// The eclass.
    Eclass,
    /// The profile.
    Profile,
    /// The repository.
    Repository,
}

/// Whether a black-box test can see a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Testable {
    /// Wholly.
    Yes,
    /// In part.
    Partial,
    /// Not.
    No,
}

/// All requirements by id, in the order of the PMS's chapters.
pub type Catalogue = IndexMap<String, Requirement>;

//! The catalogue of requirements: the statements of the PMS.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::EapiSet;

/// One statement of the PMS, in words of our own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `<chapter>.<slug>`, stable.
    pub id: String,
    /// PMS label of the closest enclosing section, table, algorithm, listing or feature.
    pub section: String,
    /// Lines in the chapter's LaTeX source.
    pub lines: String,
    /// Its strength.
    pub level: Level,
    /// The party that it binds.
    pub subject: Subject,
    /// The EAPIs in which it holds.
    pub eapis: EapiSet,
    /// The statement.
    pub statement: String,
    /// The kind of observation that shows it.
    pub observable: String,
    /// The way in which a black-box test can observe it.
    pub check: String,
    /// Whether a black-box test can observe it.
    pub testable: Testable,
    /// The reason, if it cannot be observed.
    pub why: Option<String>,
    /// Whether it is of the next EAPI, which the PMS does not define yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// The reason, if it is about a command and fewer than three inputs say all.
    #[serde(rename = "few-inputs")]
    pub few_inputs: Option<String>,
}

impl Requirement {
    /// The PMS chapter, named as its source file.
    pub fn chapter(&self) -> &str {
        self.id
            .split_once('.')
            .map_or(self.id.as_str(), |(chapter, _)| chapter)
    }
}

/// The strength of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It must hold.
    Must,
    /// It must not happen.
    MustNot,
    /// It is permitted.
    May,
    /// It is recommended.
    Should,
    /// It defines a word.
    Definition,
    /// It is left open.
    Undefined,
}

/// The party that a requirement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The package manager. Breaking the requirement is a departure from the PMS.
    PackageManager,
    /// The ebuild. A package manager that accepts an ebuild that breaks it is lenient.
    Ebuild,
    /// The eclass.
    Eclass,
    /// The profile.
    Profile,
    /// The repository.
    Repository,
}

/// Whether a black-box test can observe a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Testable {
    /// Yes.
    Yes,
    /// In part.
    Partial,
    /// No.
    No,
}

/// All requirements by id, in the order of the PMS's chapters.
pub type Catalogue = IndexMap<String, Requirement>;

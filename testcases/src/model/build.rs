//! Builds: the ebuilds and files that cases stand on, and the steps that are taken with them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::content::{Content, Distfile, Served};
use super::step::Step;

/// What several cases may share: files, configuration and steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Build {
    /// Name, unique in the suite: the case's id, or that of a `[build.NAME]`.
    pub name: String,
    /// Ebuilds by handle; [`MAIN`] is the one that the case is about.
    pub ebuilds: IndexMap<String, Ebuild>,
    /// Eclasses by name.
    pub eclasses: IndexMap<String, String>,
    /// Files to download, by name.
    pub distfiles: IndexMap<String, Distfile>,
    /// What the testbed's own server answers, by path; without any there is no server.
    pub served: IndexMap<String, Served>,
    /// Files of the profile that is selected, in addition to the default ones.
    pub profile: IndexMap<String, Content>,
    /// Directory below `profiles/` to select instead.
    pub select_profile: Option<String>,
    /// Files of the repository.
    pub repository: IndexMap<String, Content>,
    /// More repositories, by name, with their files.
    pub repositories: IndexMap<String, IndexMap<String, Content>>,
    /// Files in the root before the first step.
    pub root: IndexMap<String, Content>,
    /// The user's configuration.
    pub config: Config,
    /// What is asked of the package manager, in order.
    pub steps: Vec<Step>,
    /// Standard input of every step's command; without it there is none.
    pub input: Option<String>,
    /// Programs of the machine without which the build says nothing.
    pub needs: Vec<String>,
    /// Why it may not share a call of the package manager with others.
    pub alone: Option<String>,
    /// Bash text that every generated ebuild runs in global scope before its functions, and again at
    /// the start of each phase. Sabotages use it to replace commands.
    pub prelude: Option<String>,
}

/// An ebuild to generate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ebuild {
    /// Suffix of the package's name; none for the case's own package.
    pub package: Option<String>,
    /// Category instead of the generated one.
    pub category: Option<String>,
    /// Package name instead of the generated one.
    pub name: Option<String>,
    /// Version with revision.
    pub version: String,
    /// Repository it lies in, when not the main one.
    pub repository: Option<String>,
    /// The EAPI of this ebuild, when not the instance's.
    pub eapi: Option<String>,
    /// Variables, as written between double quotes, in order.
    pub variables: IndexMap<String, String>,
    /// Bodies of phase functions, in order.
    pub phases: IndexMap<String, String>,
    /// Eclasses to inherit after the helper eclass.
    pub inherit: Vec<String>,
    /// Bash text before the variables.
    pub header: String,
    /// Bash text after the variables.
    pub global: String,
    /// The whole ebuild, instead of all the rest.
    pub text: Option<String>,
    /// How the ebuild gets its `observe` functions.
    pub helper: Helper,
    /// Default variables to leave out.
    pub omit: Vec<String>,
    /// Whether all phases that the case does not define report too.
    pub trace: bool,
    /// FILESDIR.
    pub files: IndexMap<String, Content>,
}

/// How an ebuild gets its `observe` functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Helper {
    /// By inheriting the helper eclass.
    #[default]
    Inherit,
    /// Written into the ebuild, for cases that must not inherit.
    Inline,
    /// Not at all.
    None,
}

//! Builds: the ebuilds and files that cases stand on, and the steps that are taken with them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::content::{Content, Distfile, Served};
use super::step::Step;

/// The files, the configuration and the steps that one or more cases stand on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Build {
    /// The name, unique in the suite: the id of the case, or the NAME of `[build.NAME]`.
    pub name: String,
    /// Ebuilds by handle; the main one has the handle [`MAIN`](super::MAIN).
    pub ebuilds: IndexMap<String, Ebuild>,
    /// Eclasses by name.
    pub eclasses: IndexMap<String, String>,
    /// Distfiles by name.
    pub distfiles: IndexMap<String, Distfile>,
    /// The answers of the testbed's server, by path; without any there is no server.
    pub served: IndexMap<String, Served>,
    /// Files of the selected profile, in addition to those of the default profile.
    pub profile: IndexMap<String, Content>,
    /// A directory below `profiles/` to select instead.
    pub select_profile: Option<String>,
    /// Files of the repository.
    pub repository: IndexMap<String, Content>,
    /// The files of further repositories, by name of the repository.
    pub repositories: IndexMap<String, IndexMap<String, Content>>,
    /// Files that are in the root before the first step.
    pub root: IndexMap<String, Content>,
    /// The user's configuration.
    pub config: Config,
    /// The operations that the package manager is asked for, in order.
    pub steps: Vec<Step>,
    /// The standard input of every step's command; without it the input is empty.
    pub input: Option<String>,
    /// Programs of the machine that the build needs; without them its cases are skipped.
    pub needs: Vec<String>,
    /// Whether it changes owners of files, or asks which user runs it: a testbed with one user cannot run it.
    pub several_users: bool,
    /// Why it may not share a call of the package manager with other builds.
    pub alone: Option<String>,
    /// Bash text that every generated ebuild runs in global scope before its functions, and again at
    /// the start of each phase. Sabotages use it to replace commands.
    pub prelude: Option<String>,
}

/// An ebuild to generate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ebuild {
    /// Suffix of the package's name; none for the package that the case is about.
    pub package: Option<String>,
    /// Category instead of the generated one.
    pub category: Option<String>,
    /// Package name instead of the generated one.
    pub name: Option<String>,
    /// Version with revision.
    pub version: String,
    /// The repository of the ebuild, if not the main one.
    pub repository: Option<String>,
    /// The EAPI of this ebuild, if not the one of the instance.
    pub eapi: Option<String>,
    /// Variables in order. A value is the text between double quotes.
    pub variables: IndexMap<String, String>,
    /// Bodies of phase functions, in order.
    pub phases: IndexMap<String, String>,
    /// Eclasses to inherit after the helper eclass.
    pub inherit: Vec<String>,
    /// Bash text before the variables.
    pub header: String,
    /// Bash text after the variables.
    pub global: String,
    /// The text of the whole ebuild, instead of all the other fields.
    pub text: Option<String>,
    /// How the ebuild gets its `observe` functions.
    pub helper: Helper,
    /// Default variables to leave out.
    pub omit: Vec<String>,
    /// Whether the phases that the case does not define report too.
    pub trace: bool,
    /// The files in FILESDIR.
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
    /// It gets none.
    None,
}

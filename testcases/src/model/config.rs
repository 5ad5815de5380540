//! The user's configuration of the package manager.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The user's configuration of the package manager, in words that every adapter translates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// USE flags for all packages: `foo -bar`.
    #[serde(rename = "use")]
    pub use_flags: String,
    /// Lines `atom flags`.
    pub package_use: Vec<String>,
    /// Keywords accepted, instead of the profile's.
    pub accept_keywords: Option<String>,
    /// Lines `atom keywords`.
    pub package_keywords: Vec<String>,
    /// Licences accepted, instead of all.
    pub accept_license: Option<String>,
    /// Package dependency specifications masked by the user.
    pub package_mask: Vec<String>,
    /// Those unmasked by the user.
    pub package_unmask: Vec<String>,
    /// Whether `src_test` is asked for.
    pub tests: bool,
    /// Other variables: `CONFIG_PROTECT`, …
    pub variables: IndexMap<String, String>,
    /// Places to fetch from; none by default.
    pub mirrors: Vec<String>,
    /// Root to install to, instead of `/`.
    pub root: Option<String>,
    /// Root that packages are built against, where it is not the package manager's own choice.
    pub sysroot: Option<String>,
}

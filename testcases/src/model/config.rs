//! The user's configuration of the package manager.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The user's configuration of the package manager. Each adapter translates it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// USE flags for all packages: `foo -bar`.
    #[serde(rename = "use")]
    pub use_flags: String,
    /// Lines `atom flags`.
    pub package_use: Vec<String>,
    /// Accepted keywords, instead of those of the profile.
    pub accept_keywords: Option<String>,
    /// Lines `atom keywords`.
    pub package_keywords: Vec<String>,
    /// Accepted licences, instead of all.
    pub accept_license: Option<String>,
    /// Package dependency specifications that the user masks.
    pub package_mask: Vec<String>,
    /// Package dependency specifications that the user unmasks.
    pub package_unmask: Vec<String>,
    /// Whether `src_test` is enabled.
    pub tests: bool,
    /// Other variables: `CONFIG_PROTECT`, …
    pub variables: IndexMap<String, String>,
    /// Mirrors to fetch from; none by default.
    pub mirrors: Vec<String>,
    /// The root to install to, instead of `/`.
    pub root: Option<String>,
    /// The root that packages are built against, instead of the package manager's default.
    pub sysroot: Option<String>,
    /// The offset prefix (EPREFIX) of the installation; none by default.
    pub prefix: Option<String>,
}

//! Steps: the operations that a build asks of the package manager.

use serde::{Deserialize, Serialize};

/// An operation of a package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Build and merge.
    Install,
    /// Merge the installed version again.
    Reinstall,
    /// Merge a newer version over an older one.
    Upgrade,
    /// Merge an older version over a newer one.
    Downgrade,
    /// Unmerge.
    Uninstall,
    /// Resolve and check, build nothing.
    Pretend,
    /// Write the metadata cache of the repository.
    Metadata,
    /// Run `pkg_config` of an installed package.
    Config,
    /// Run `pkg_info`.
    Info,
    /// Fetch distfiles only.
    Fetch,
    /// Test whether an installed package matches.
    HasVersion,
    /// Build a binary package and install nothing.
    Package,
    /// Build, keep a binary package, and merge.
    InstallAndPackage,
    /// Merge from the binary package that an earlier step made, building nothing.
    InstallBinary,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 14] = [
        Self::Install,
        Self::Reinstall,
        Self::Upgrade,
        Self::Downgrade,
        Self::Uninstall,
        Self::Pretend,
        Self::Metadata,
        Self::Config,
        Self::Info,
        Self::Fetch,
        Self::HasVersion,
        Self::Package,
        Self::InstallAndPackage,
        Self::InstallBinary,
    ];

    /// Its word in case files and adapters.
    pub fn word(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Reinstall => "reinstall",
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Uninstall => "uninstall",
            Self::Pretend => "pretend",
            Self::Metadata => "metadata",
            Self::Config => "config",
            Self::Info => "info",
            Self::Fetch => "fetch",
            Self::HasVersion => "has-version",
            Self::Package => "package",
            Self::InstallAndPackage => "install-and-package",
            Self::InstallBinary => "install-binary",
        }
    }

    /// Whether its packages are installed after it.
    pub fn merges(self) -> bool {
        self.is_plain_merge() || matches!(self, Self::InstallAndPackage | Self::InstallBinary)
    }

    /// Whether it builds from source, merges, and keeps no binary package. These operations are the same
    /// request to a package manager; they differ by what is installed before.
    pub fn is_plain_merge(self) -> bool {
        matches!(
            self,
            Self::Install | Self::Reinstall | Self::Upgrade | Self::Downgrade
        )
    }
}

/// One operation of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// The name, unique in the build: by default the operation's word.
    pub name: String,
    /// The operation.
    pub operation: Operation,
    /// Handles of ebuilds, or package dependency specifications.
    pub packages: Vec<String>,
}

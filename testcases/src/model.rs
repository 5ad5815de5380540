//! What a case file says, typed. Texts still hold their placeholders.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::eapi::{Eapi, EapiSet};
use crate::expect::Expectation;
use crate::value::Value;

/// The handle of the ebuild that a case is about.
pub const MAIN: &str = "main";

/// One case: what verifies one or more requirements.
#[derive(Debug, Clone)]
pub struct Case {
    /// Stable name, unique in the suite.
    pub id: String,
    /// What holds, in one sentence.
    pub title: String,
    /// PMS label.
    pub section: String,
    /// Requirements verified.
    pub requirements: Vec<String>,
    /// EAPIs it is run in.
    pub eapis: EapiSet,
    /// Both readings, where the text of the PMS can be read in two ways.
    pub disputed: Option<String>,
    /// Run only with `--undefined`: the PMS leaves the behaviour open.
    pub undefined: bool,
    /// What is put into the repository and done.
    pub build: Arc<Build>,
    /// Rows of arguments and expected values.
    pub vectors: Option<Arc<Vectors>>,
    /// What must be observed.
    pub expect: Vec<Expectation>,
    /// The smallest sabotage under which the case must fail.
    pub control: Option<Control>,
    /// Why no sabotage can show that it fails.
    pub uncontrolled: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// Where something is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Path below `testcases/`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

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
    /// Bash text that every generated ebuild runs in global scope before its functions, and each of its
    /// phases first: a sabotage.
    pub sabotage: Option<String>,
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

/// A file, link or directory to generate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// What it is.
    pub kind: ContentKind,
    /// Permission bits, where they matter.
    pub mode: Option<u32>,
    /// Owner and group, numeric, where they matter.
    pub owner: Option<(u32, u32)>,
    /// Modification time: seconds since the epoch, nanoseconds.
    pub mtime: Option<(i64, u32)>,
}

/// What a generated path is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ContentKind {
    /// A regular file.
    File(Value),
    /// A symbolic link to the target.
    Symlink(String),
    /// An empty directory.
    Directory,
    /// Nothing: the default file is left out.
    Absent,
}

impl Default for ContentKind {
    fn default() -> Self {
        Self::File(Value::default())
    }
}

/// A file that `SRC_URI` names.
#[derive(Debug, Clone, PartialEq)]
pub struct Distfile {
    /// What is in it.
    pub body: DistfileBody,
    /// Whether the Manifest tells the truth about it.
    pub manifest: ManifestEntry,
    /// Whether it lies in DISTDIR beforehand.
    pub present: bool,
}

/// What a distfile holds.
#[derive(Debug, Clone, PartialEq)]
pub enum DistfileBody {
    /// These bytes.
    Content(Value),
    /// An archive (or one compressed file) of the format with the members.
    Archive {
        /// `tar.gz`, `zip`, `xz`, …
        format: String,
        /// Members by path.
        members: IndexMap<String, Content>,
    },
}

/// The server of a testbed, as ebuilds and configurations write it. Testbeds have a loopback of their
/// own each, so its port can be a fixed one.
pub const SERVER: &str = "http://127.0.0.1:8080";

/// An answer of the testbed's server.
#[derive(Debug, Clone, PartialEq)]
pub enum Served {
    /// The path is there.
    Body(DistfileBody),
    /// It is not, for this reason.
    Status(u16),
}

/// What the Manifest says of a distfile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManifestEntry {
    /// The truth.
    #[default]
    Right,
    /// A checksum that does not fit.
    Wrong,
    /// Nothing.
    Missing,
}

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

/// What is asked of a package manager.
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
    /// Ask whether an installed package matches.
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

    /// The word in case files and adapters.
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

    /// Whether it ends with its packages installed.
    pub fn merges(self) -> bool {
        self.is_plain_merge() || matches!(self, Self::InstallAndPackage | Self::InstallBinary)
    }

    /// Whether it merges what is built from source, keeping no binary package: to a package manager
    /// these are one request, whatever was installed before.
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
    /// Name, unique in the build: the operation's word, unless given.
    pub name: String,
    /// What is asked.
    pub operation: Operation,
    /// Handles of ebuilds, or package dependency specifications.
    pub packages: Vec<String>,
}

/// A table of rows: each row is an instance of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    /// Names of the columns, used as placeholders.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row of a table of vectors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Name, unique in the table.
    pub name: String,
    /// EAPIs in which it holds; all of the case's, when not given.
    pub eapis: Option<EapiSet>,
    /// A value for each column.
    pub values: Vec<String>,
}

/// The smallest sabotage under which a case must fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// The build with the sabotage in it.
    pub build: Arc<Build>,
}

impl Case {
    /// The chapter of its first requirement.
    pub fn chapter(&self) -> &str {
        self.requirements
            .first()
            .and_then(|id| id.split_once('.'))
            .map_or("", |(chapter, _)| chapter)
    }
}

/// Every phase function of the PMS, with the first EAPI that has it.
pub const PHASES: [(&str, u8); 15] = [
    ("pkg_pretend", 4),
    ("pkg_setup", 0),
    ("src_unpack", 0),
    ("src_prepare", 2),
    ("src_configure", 2),
    ("src_compile", 0),
    ("src_test", 0),
    ("src_install", 0),
    ("pkg_preinst", 0),
    ("pkg_postinst", 0),
    ("pkg_prerm", 0),
    ("pkg_postrm", 0),
    ("pkg_config", 0),
    ("pkg_info", 0),
    ("pkg_nofetch", 0),
];

/// Whether the name is a phase function's, in any EAPI.
pub fn is_phase(name: &str) -> bool {
    PHASES.iter().any(|(phase, _)| *phase == name)
}

/// The phase functions of an EAPI.
pub fn phases_of(eapi: Eapi) -> impl Iterator<Item = &'static str> {
    PHASES
        .iter()
        .filter(move |(_, since)| *since <= eapi.number())
        .map(|(name, _)| *name)
}

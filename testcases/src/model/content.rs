//! Contents of generated files, of distfiles and of the server's answers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::value::Value;

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

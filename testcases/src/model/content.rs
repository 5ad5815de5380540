//! Contents of generated files, of distfiles and of the server's answers.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::value::Value;

/// A file, link or directory to generate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The type, with the content.
    pub kind: ContentKind,
    /// Permission bits, if the case sets them.
    pub mode: Option<u32>,
    /// Numeric owner and group, if the case sets them.
    pub owner: Option<(u32, u32)>,
    /// Modification time: seconds since the epoch, nanoseconds.
    pub mtime: Option<(i64, u32)>,
}

/// The type of a generated path, with its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ContentKind {
    /// A regular file.
    File(Value),
    /// A symbolic link to the target.
    Symlink(String),
    /// An empty directory.
    Directory,
    /// Nothing: a default file is left out.
    Absent,
}

impl Default for ContentKind {
    fn default() -> Self {
        Self::File(Value::default())
    }
}

/// A distfile.
#[derive(Debug, Clone, PartialEq)]
pub struct Distfile {
    /// Its content.
    pub body: DistfileBody,
    /// Its entry in the Manifest.
    pub manifest: ManifestEntry,
    /// Whether it is in DISTDIR before the first step.
    pub present: bool,
}

/// The content of a distfile or of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum DistfileBody {
    /// These bytes.
    Content(Value),
    /// An archive, or one compressed file.
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
    /// Status 200 with this content.
    Body(DistfileBody),
    /// An HTTP error status.
    Status(u16),
}

/// The entry of a distfile in the Manifest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManifestEntry {
    /// The right checksums.
    #[default]
    Right,
    /// Checksums of other bytes.
    Wrong,
    /// No entry.
    Missing,
}

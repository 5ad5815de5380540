//! The specification of a testbed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ids::Ids;
use pmsts_eclass_templates::Answer;
use pmsts_testcases::model::Content;
use serde::{Deserialize, Serialize};

/// The files that a testbed's root is made of. What is written there stays in the testbed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Root {
    /// The machine's root and its other disks.
    #[default]
    Machine,
    /// The machine's directories, each by itself: an overlay of the whole root is refused to ordinary users.
    Directories {
        /// A copy of the directories without files, which belongs to the user.
        skeleton: PathBuf,
    },
    /// Another system, below this directory.
    Tree(PathBuf),
    /// The machine's own files, without isolation. They are put back.
    Host,
}

/// The specification of a testbed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The files of the root.
    pub root: Root,
    /// The user namespace, if it has one.
    pub ids: Option<Ids>,
    /// An empty directory of the runner. The testbed mounts its file systems over it; other processes do not see them.
    pub scratch: PathBuf,
    /// Space for everything that is written, in bytes.
    pub scratch_bytes: u64,
    /// Most processes alive at once.
    pub max_processes: u32,
    /// Whether it can reach the host's network; else there is only loopback.
    pub network: bool,
    /// The answers of a server on loopback, by path; without any there is no server.
    #[serde(default)]
    pub served: BTreeMap<String, Answer>,
    /// The directory with the socket of the testbed, and the group that may reach it.
    pub shared: Option<(PathBuf, u32)>,
    /// Host paths to show.
    pub binds: Vec<Bind>,
    /// Files to create, by absolute path, after the binds.
    pub files: BTreeMap<String, Content>,
    /// Paths to hide.
    pub hidden: Vec<String>,
    /// Paths that every user must reach. The directories above them become accessible, in the testbed only.
    pub reachable: Vec<PathBuf>,
    /// Users to add, each with a group of its name.
    pub users: Vec<User>,
}

impl Spec {
    /// Makes everything belong to root, the only user of the testbed.
    pub(crate) fn for_one_user(&mut self) {
        for content in self.files.values_mut() {
            content.owner = None;
        }
        for user in &mut self.users {
            (user.uid, user.gid) = (0, 0);
        }
        if let Some((_, group)) = &mut self.shared {
            *group = 0;
        }
    }
}

/// A host path shown in a testbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Path on the host.
    pub source: PathBuf,
    /// Path in the testbed.
    pub target: PathBuf,
    /// Whether it can be written.
    pub access: Access,
}

/// How a host path can be accessed in a testbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// It cannot be written.
    ReadOnly,
    /// It can be written; the changes stay in the testbed.
    Overlay,
}

/// A user of the testbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Name, also of the group.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Home directory.
    pub home: String,
}

/// A command to execute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// Working directory.
    pub cwd: String,
    /// Standard input, shorter than the capacity of a pipe; without it, standard input is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
}

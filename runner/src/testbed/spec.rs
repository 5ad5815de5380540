//! What a testbed is to be.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pmsts_eclass_templates::Answer;
use pmsts_testcases::model::Content;
use serde::{Deserialize, Serialize};

/// What a testbed is to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// An empty directory of ours; the testbed's file systems are mounted over it, unseen by others.
    pub scratch: PathBuf,
    /// Room for everything that is written, in bytes.
    pub scratch_bytes: u64,
    /// Most processes alive at once.
    pub max_processes: u32,
    /// Whether the host's network is to be reached; else there is loopback alone.
    pub network: bool,
    /// What a server on loopback answers, by path; without any there is no server.
    #[serde(default)]
    pub served: BTreeMap<String, Answer>,
    /// Host paths to show.
    pub binds: Vec<Bind>,
    /// Files to create, by absolute path, after the binds.
    pub files: BTreeMap<String, Content>,
    /// Paths to hide.
    pub hidden: Vec<String>,
    /// Paths that every user must reach: directories above them are opened, in the testbed alone.
    pub reachable: Vec<PathBuf>,
    /// Users to add, each with a group of its name.
    pub users: Vec<User>,
}

/// A host path shown in a testbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// On the host.
    pub source: PathBuf,
    /// In the testbed.
    pub target: PathBuf,
    /// How.
    pub access: Access,
}

/// How a host path is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// Not to be written.
    ReadOnly,
    /// What is written stays in the testbed.
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
    /// Standard input, less than a pipe holds; without it there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
}

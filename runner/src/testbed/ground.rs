//! What the testbeds of a run stand on: the files of their root, and the ids of their users.

use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::choice::Choice;
use super::ids::Ids;
use super::skeleton;
use super::spec::{Root, Spec};
use super::within::Within;

/// What the testbeds of a run stand on.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// The backend, for records.
    pub name: String,
    /// The files of the root.
    pub root: Root,
    /// The user namespace; without it, users are those of the machine.
    pub ids: Option<Ids>,
    /// Whether packages are installed with an offset prefix, so that other cases are not run.
    pub prefix: bool,
    /// The other system that its root shows; without it, that is the machine.
    pub tree: Option<Within>,
    /// The digest of that system, where it was unpacked from an archive.
    pub digest: Option<String>,
    /// What it cannot promise, for readers of results.
    pub notes: Vec<String>,
}

/// A backend that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    /// It needs root.
    #[error("the testbed `{0}` needs root: run pmsts as root, or with --testbed user")]
    NotRoot(Choice),
    /// The copy of the machine's directories cannot be made.
    #[error("cannot copy the machine's directories to `{path}`: {source}")]
    Skeleton {
        /// Where to.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

/// What the backend `host` cannot promise.
const HOST: [&str; 3] = [
    "The testbed `host` has no isolation: the network, temporary directories and kernel settings are those of the machine.",
    "What is laid over the machine's files is put back, and new files in /etc, /opt, /usr and /var are removed; files that a \
     build changed elsewhere stay changed.",
    "Scratch space is not limited, and no other process may work on the machine meanwhile.",
];

impl Ground {
    /// The ground of a backend. `dir` is a private directory of the run; `tree` is another system.
    pub fn prepare(
        choice: &Choice,
        dir: &Path,
        tree: Option<&Within>,
    ) -> Result<Self, GroundError> {
        let is_root = geteuid().is_root();
        let ground = Self {
            name: choice.to_string(),
            tree: tree.cloned(),
            ..Self::default()
        };
        match choice {
            Choice::Overlay | Choice::Host if !is_root => Err(GroundError::NotRoot(choice.clone())),
            Choice::Overlay => Ok(ground),
            Choice::Host => Ok(Self {
                root: Root::Host,
                notes: HOST.map(str::to_owned).to_vec(),
                ..ground
            }),
            Choice::User | Choice::Prefix => {
                let skeleton = dir.join("skeleton");
                skeleton::make(&skeleton).map_err(|source| GroundError::Skeleton {
                    path: skeleton.clone(),
                    source,
                })?;
                let root = Root::Directories { skeleton };
                Ok(if *choice == Choice::Prefix {
                    let ids = Some(Ids::one());
                    Self {
                        root,
                        ids,
                        prefix: true,
                        ..ground
                    }
                } else {
                    Self {
                        root,
                        ..ground.of_this_user()
                    }
                })
            }
            Choice::Tree(path) => {
                let root = tree.map_or_else(|| path.clone(), |tree| tree.outside(Path::new("/")));
                let root = Root::Tree(root);
                let ground = Self { root, ..ground };
                Ok(if is_root {
                    ground
                } else {
                    ground.of_this_user()
                })
            }
        }
    }

    fn of_this_user(mut self) -> Self {
        let (ids, lack) = Ids::of_this_user();
        self.ids = Some(ids);
        self.notes.extend(lack.map(|lack| single(&lack)));
        self
    }

    /// The specification of a testbed on it, with nothing in it yet.
    pub fn spec(&self) -> Spec {
        Spec {
            root: self.root.clone(),
            ids: self.ids.clone(),
            ..Spec::default()
        }
    }

    /// What of the backend observations depend on: not the path of another system, which has a digest.
    pub fn kind(&self) -> String {
        let name = self.name.split(':').next().unwrap_or_default();
        format!("{name} {}", self.has_one_user())
    }

    /// Whether testbeds have one user alone, so that nothing can have another owner.
    pub fn has_one_user(&self) -> bool {
        self.ids.as_ref().is_some_and(Ids::is_single)
    }

    /// The uid on the machine of a user of the testbed.
    pub fn outside(&self, uid: u32) -> Option<u32> {
        self.ids.as_ref().map_or(Some(uid), |ids| ids.outside(uid))
    }

    /// The machine's path of a path that testbeds show.
    pub fn path(&self, path: &str) -> PathBuf {
        let path = Path::new(path);
        self.tree
            .as_ref()
            .map_or_else(|| path.to_owned(), |tree| tree.outside(path))
    }
}

fn single(lack: &str) -> String {
    format!(
        "Testbeds have one user alone, so that cases about owners and dropped privileges are unsupported: {lack}."
    )
}

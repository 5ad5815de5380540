//! Programs of another root, run without a testbed: to ask for a version, or to unpack a root with the ids that an
//! ordinary user has in a user namespace.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ids::Ids;
use super::path::below;
use super::stub;

/// The argument that makes the executable run a program in another root.
pub const WITHIN: &str = "testbed-within";

/// A root, and the user namespace that its files belong to.
#[derive(Debug, Clone)]
pub struct Within {
    executable: PathBuf,
    ids: Option<Ids>,
    root: PathBuf,
}

impl Within {
    /// A root; `executable` is the program pmsts itself.
    pub fn new(executable: &Path, ids: Option<Ids>, root: &Path) -> Self {
        Self {
            executable: executable.to_owned(),
            ids,
            root: root.to_owned(),
        }
    }

    /// The words that run a program of the root. Its arguments come after them.
    pub fn words(&self, program: &Path) -> Vec<OsString> {
        let ids = serde_json::to_string(&self.ids).unwrap_or_default();
        vec![
            self.executable.clone().into(),
            WITHIN.into(),
            ids.into(),
            self.root.clone().into(),
            program.into(),
        ]
    }

    /// The path on the machine of a path of the root, with its links followed.
    pub fn outside(&self, path: &Path) -> PathBuf {
        below(&self.root, path)
    }

    /// A path of the root without links, if there is something.
    pub fn resolved(&self, path: &Path) -> Option<PathBuf> {
        let outside = self.outside(path);
        let inside = outside.strip_prefix(&self.root).ok()?;
        outside.exists().then(|| Path::new("/").join(inside))
    }
}

/// Runs the program that the arguments name, in place of this one. Returns if that cannot be done, with the exit status.
pub fn run(arguments: &[OsString]) -> u8 {
    let [ids, root, program, rest @ ..] = arguments else {
        return 3;
    };
    let entered = ids
        .to_str()
        .and_then(|ids| serde_json::from_str(ids).ok())
        .ok_or_else(|| "no ids".to_owned())
        .and_then(|ids: Option<Ids>| stub::enter_root(ids.as_ref(), Path::new(root)));
    let why = match entered {
        Err(why) => why,
        Ok(()) => Command::new(program).args(rest).exec().to_string(),
    };
    eprintln!("{}: {why}", Path::new(program).display());
    3
}

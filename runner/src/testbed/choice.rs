//! The backends by name, as `--testbed NAME[:ARGUMENT]` chooses them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use nix::unistd::geteuid;

/// A backend, with its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// An overlay of the machine's files. It needs root.
    Overlay,
    /// The same without root, in a user namespace.
    User,
    /// The backend `user` for the cases with an offset prefix, as in Gentoo Prefix.
    Prefix,
    /// An overlay of another system's files: a directory, a tar archive, or a container image as an OCI layout.
    Tree(PathBuf),
    /// The machine itself, without isolation, where it is thrown away afterwards.
    Host,
}

/// Name and purpose of each backend, for help and messages.
pub const BACKENDS: [(&str, &str); 5] = [
    ("overlay", "an overlay of this machine's files (needs root)"),
    ("user", "the same without root, in a user namespace"),
    (
        "tree:PATH",
        "an overlay of another system: a directory, a tar archive or an OCI layout",
    ),
    (
        "prefix",
        "an ordinary user's installation with an offset prefix, for the cases about it",
    ),
    (
        "host",
        "this machine without isolation (needs root and --this-machine-is-disposable)",
    ),
];

impl Choice {
    /// The backend that this user can open.
    pub fn own() -> Self {
        if geteuid().is_root() {
            Self::Overlay
        } else {
            Self::User
        }
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let plain = |choice| match argument {
            None => Ok(choice),
            Some(_) => Err(format!("the testbed `{name}` takes no argument")),
        };
        match name {
            "overlay" => plain(Self::Overlay),
            "user" => plain(Self::User),
            "host" => plain(Self::Host),
            "prefix" => plain(Self::Prefix),
            "tree" => match argument {
                Some(path) if !path.is_empty() => Ok(Self::Tree(path.into())),
                _ => {
                    Err("the testbed `tree` needs a path: tree:DIR or tree:FILE.tar.xz".to_owned())
                }
            },
            _ => {
                let known = BACKENDS.map(|(name, purpose)| format!("{name}: {purpose}"));
                Err(format!(
                    "there is no testbed `{name}`, only {}",
                    known.join("; ")
                ))
            }
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlay => f.write_str("overlay"),
            Self::User => f.write_str("user"),
            Self::Host => f.write_str("host"),
            Self::Prefix => f.write_str("prefix"),
            Self::Tree(path) => write!(f, "tree:{}", path.display()),
        }
    }
}

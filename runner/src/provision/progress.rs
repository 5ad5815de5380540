//! How provisioning reports its progress, and how it is cancelled.

use std::fmt;

/// A step that is being done now, for a progress line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Asking the interpreters of this machine for their versions.
    LookingForPythons,
    /// Asking the package index for releases of a package.
    AskingIndex {
        /// The package.
        package: String,
    },
    /// Waiting for another process that makes the same entry.
    Waiting {
        /// The entry.
        what: String,
    },
    /// Making a virtual environment and installing a release into it.
    Installing {
        /// The release: `portage@3.0.83`.
        what: String,
        /// The interpreter's version.
        python: String,
    },
    /// The progress of several releases.
    Several {
        /// Number of releases provided.
        done: usize,
        /// Number of all releases.
        of: usize,
        /// Number of releases that cannot run here.
        unfit: usize,
        /// Releases that are being installed.
        making: Vec<String>,
    },
    /// Asking a package manager on this machine for its version.
    Inspecting {
        /// The specification: `portage:DIR`.
        what: String,
    },
    /// Unpacking another system for testbeds.
    Unpacking {
        /// The archive.
        what: String,
    },
    /// Fetching a static Bash.
    FetchingBash,
    /// Building a release with cargo.
    Building {
        /// The release: `pkgcraft@0.0.31`.
        what: String,
    },
    /// Trying whether the package managers start.
    Starting {
        /// Their names.
        what: Vec<String>,
    },
    /// A note for the user that is also in the record: something other than requested was chosen.
    Note(String),
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LookingForPythons => f.write_str("looking for Python interpreters"),
            Self::AskingIndex { package } => write!(f, "asking the package index for {package}"),
            Self::Waiting { what } => write!(f, "waiting for another run that makes {what}"),
            Self::Installing { what, python } => {
                write!(f, "installing {what} with Python {python}")
            }
            Self::Several {
                done,
                of,
                unfit,
                making,
            } => {
                write!(f, "{done} of {of} provisioned")?;
                if *unfit > 0 {
                    write!(f, ", {unfit} cannot run here")?;
                }
                if !making.is_empty() {
                    write!(f, "; making {}", making.join(", "))?;
                }
                Ok(())
            }
            Self::Inspecting { what } => write!(f, "inspecting {what}"),
            Self::Unpacking { what } => write!(f, "unpacking {what}"),
            Self::FetchingBash => f.write_str("fetching a static Bash"),
            Self::Building { what } => write!(f, "building {what}, which takes half an hour"),
            Self::Starting { what } => match &what[..] {
                [one] => write!(f, "trying whether {one} starts"),
                all => write!(f, "trying whether {} package managers start", all.len()),
            },
            Self::Note(text) => f.write_str(text),
        }
    }
}

/// How the caller watches and cancels provisioning.
pub struct Monitor<'a> {
    /// Called with each step.
    pub report: &'a mut dyn FnMut(Progress),
    /// Called many times a second; returns whether to stop. Once true, it must stay true.
    pub cancelled: &'a dyn Fn() -> bool,
}

impl Monitor<'_> {
    pub(super) fn tell(&mut self, progress: Progress) {
        (self.report)(progress);
    }
}

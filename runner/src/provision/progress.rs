//! What provisioning tells while it works, and how it is told to stop.

use std::fmt;

/// Something that is being done now, for a progress line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Asking the interpreters of this machine what they are.
    LookingForPythons,
    /// Asking the package index for releases of a package.
    AskingIndex {
        /// The package.
        package: String,
    },
    /// Another process is making the same thing.
    Waiting {
        /// What it makes.
        what: String,
    },
    /// Making a virtual environment and installing a release into it.
    Installing {
        /// The release: `portage@3.0.83`.
        what: String,
        /// The interpreter's version.
        python: String,
    },
    /// Where the provisioning of several releases stands.
    Several {
        /// Those that are there.
        done: usize,
        /// All of them.
        of: usize,
        /// Those that cannot run here.
        unfit: usize,
        /// Those in the making.
        making: Vec<String>,
    },
    /// Asking a package manager that is there what it is.
    Inspecting {
        /// As asked for: `portage:DIR`.
        what: String,
    },
    /// Fetching a static Bash.
    FetchingBash,
    /// Something the user should know, kept in the record too: not what was asked for, but near.
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
            Self::FetchingBash => f.write_str("fetching a static Bash"),
            Self::Note(text) => f.write_str(text),
        }
    }
}

/// The caller's side of provisioning.
pub struct Monitor<'a> {
    /// Called with what is being done.
    pub report: &'a mut dyn FnMut(Progress),
    /// Asked some dozen times a second whether to stop; once true, it must stay true.
    pub cancelled: &'a dyn Fn() -> bool,
}

impl Monitor<'_> {
    pub(super) fn tell(&mut self, progress: Progress) {
        (self.report)(progress);
    }
}

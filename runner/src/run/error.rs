//! Why a run could not be done.

use std::io;

use miette::Diagnostic;
use pmsts_eclass_templates::RenderError;
use pmsts_testcases::{ExpandError, GlobError, SuiteError};

use crate::adapter::AdapterError;
use crate::presence::PresenceError;
use crate::provision;
use crate::verdicts::VerdictsError;

/// Why a run could not be done.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum RunError {
    /// The case files are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Suite(#[from] SuiteError),
    /// A filter is wrong.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// A case cannot be expanded.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// A build cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// An adapter is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Adapter(#[from] AdapterError),
    /// A package manager or a Bash cannot be had.
    #[error(transparent)]
    Provision(#[from] provision::Error),
    /// The run's own socket cannot be had.
    #[error(transparent)]
    Presence(#[from] PresenceError),
    /// Earlier verdicts cannot be used.
    #[error(transparent)]
    Verdicts(#[from] VerdictsError),
    /// No case was chosen, for this reason.
    #[error("{0}; `pmsts list` prints all case ids")]
    NothingChosen(String),
    /// A record does not tell what passes.
    #[error(
        "the record has no run of {0}: leave --passed out, or give the results.json of a run of it"
    )]
    NotRecorded(String),
    /// There is nothing to repeat.
    #[error(
        "nothing to rerun: no instance failed in the record; `--rerun RESULTS all` runs all of it again"
    )]
    NothingAgain,
    /// The run that is resumed was not interrupted.
    #[error(
        "nothing to resume: the record is whole; `--rerun RESULTS failed` runs its failures again, `--rerun RESULTS all` all of it"
    )]
    Whole,
    /// No testbed can be set up.
    #[error("no testbed can be set up here: {0}; `pmsts doctor` tells what is missing")]
    Testbed(String),
    /// Testbeds want root.
    #[error("testbeds want root: run pmsts as root, for example in a container of your own")]
    NotRoot,
    /// The harness broke.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::System { what, source }
}

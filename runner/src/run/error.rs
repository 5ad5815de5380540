//! Errors that keep a run from being carried out.

use std::io;

use miette::Diagnostic;
use pmsts_eclass_templates::RenderError;
use pmsts_testcases::{ExpandError, GlobError, SuiteError};

use crate::adapter::AdapterError;
use crate::presence::PresenceError;
use crate::provision;
use crate::testbed::GroundError;
use crate::verdicts::VerdictsError;

/// An error that keeps a run from being carried out.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum RunError {
    /// The case files are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Suite(#[from] SuiteError),
    /// A wildcard pattern is wrong.
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
    /// A package manager or a Bash cannot be provided.
    #[error(transparent)]
    Provision(#[from] provision::Error),
    /// The run cannot listen at its socket.
    #[error(transparent)]
    Presence(#[from] PresenceError),
    /// Earlier verdicts cannot be used.
    #[error(transparent)]
    Verdicts(#[from] VerdictsError),
    /// The store of the cache cannot be used.
    #[error(transparent)]
    Store(#[from] pmsts_store::StoreError),
    /// The selection selects no case, for this reason.
    #[error("{0}; `pmsts list` prints all case ids")]
    NothingChosen(String),
    /// The record given with `--passed` has no run of a target.
    #[error(
        "the record of --passed has no run of {0}: leave --passed out, or give the results.json of a run of {0}"
    )]
    NotRecorded(String),
    /// The record has no instance to run again.
    #[error(
        "nothing to rerun: no instance failed in the record; `--rerun RESULTS all` runs all of it again"
    )]
    NothingAgain,
    /// The run that is resumed was not interrupted.
    #[error(
        "nothing to resume: the record is complete; `--rerun RESULTS failed` runs its failures again, `--rerun RESULTS all` all of it"
    )]
    Whole,
    /// No testbed can be set up.
    #[error("no testbed can be set up here: {0}; `pmsts doctor` shows what is missing")]
    Testbed(String),
    /// The backend `host` changes the machine.
    #[error(
        "the testbed `host` works on the files of this machine; if it is thrown away afterwards, say so with --this-machine-is-disposable"
    )]
    NotDisposable,
    /// The backend cannot be used.
    #[error(transparent)]
    Ground(#[from] GroundError),
    /// A system call of the runner failed.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The error of the system.
        source: io::Error,
    },
}

pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::System { what, source }
}

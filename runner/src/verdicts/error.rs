//! Why earlier verdicts cannot be used.

/// A run that cannot be resumed, or verdicts that cannot be reused.
#[derive(Debug, thiserror::Error)]
pub enum VerdictsError {
    /// A file that verdicts depend on cannot be read.
    #[error("cannot read what the verdicts on {target} depend on: {source}")]
    Key {
        /// The target.
        target: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// Something that verdicts depend on has changed since the record.
    #[error(
        "cannot resume the run of {target}: pmsts, the package manager, its Bash, the limits or this machine's programs \
         have changed; `--rerun RESULTS all` runs everything again"
    )]
    Changed {
        /// The target.
        target: String,
    },
    /// A store that the run must have cannot be reached.
    #[error("the store {url} is needed (--store-required) and cannot be used: {reason}")]
    Away {
        /// Its address.
        url: String,
        /// Why.
        reason: String,
    },
    /// Changes of the package manager cannot be detected.
    #[error(
        "cannot resume the run of {target}: it is installed on this machine, and changes of its files cannot be \
         detected; `--rerun RESULTS all` runs everything again"
    )]
    Unknown {
        /// The target.
        target: String,
    },
}

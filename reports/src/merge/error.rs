//! Why records cannot be merged.

/// Why records cannot be merged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// No record was given.
    #[error("no record to merge: name at least one results.json")]
    Nothing,
    /// The records were made with different versions of the suite.
    #[error(
        "`{first}` and `{second}` were made with different versions of the suite ({ours} and {theirs}): run both with the same version"
    )]
    Suite {
        /// Name of a record.
        first: String,
        /// Name of the other record.
        second: String,
        /// Suite of the first record.
        ours: String,
        /// Suite of the other record.
        theirs: String,
    },
    /// Two records have a verdict for the same instance.
    #[error(
        "`{first}` and `{second}` both have {instance} on {target}: give one of them, or shards that do not overlap"
    )]
    Overlap {
        /// Name of a record.
        first: String,
        /// Name of the other record.
        second: String,
        /// The target.
        target: String,
        /// An instance that both records have.
        instance: String,
    },
    /// The cases were not divided into the same number of shards.
    #[error(
        "`{first}` and `{second}` divide {target} into different numbers of shards: give all shards of one run"
    )]
    Shards {
        /// Name of a record.
        first: String,
        /// Name of the other record.
        second: String,
        /// The target.
        target: String,
    },
    /// Targets of the same name have different configurations.
    #[error(
        "{target} is not the same in `{first}` and `{second}` ({difference}): give one of the targets another name"
    )]
    Target {
        /// Name of a record.
        first: String,
        /// Name of the other record.
        second: String,
        /// The target.
        target: String,
        /// The difference, in words.
        difference: String,
    },
}

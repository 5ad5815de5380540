//! Why a store cannot be used.

use std::path::PathBuf;

use crate::entry::Refusal;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be used.
    #[error("cannot use the store `{path}`: {source}")]
    Database {
        /// The file.
        path: PathBuf,
        /// The database's error.
        source: rusqlite::Error,
    },
    /// The directory of the database cannot be made.
    #[error("cannot make the directory of the store `{path}`: {source}")]
    Directory {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The database has a newer schema.
    #[error(
        "the store `{path}` has schema {found}, and this pmsts reads schemas up to {ours}: use a newer pmsts, or another \
         file"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema of this program.
        ours: i64,
    },
    /// A question that cannot be understood.
    #[error("{0}")]
    Question(String),
    /// A file of entries cannot be read or written.
    #[error("cannot read or write entries: {0}")]
    Transfer(#[from] std::io::Error),
    /// A line of a file of entries is no entry.
    #[error("line {line} is not used: {source}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// Why.
        source: Refusal,
    },
}

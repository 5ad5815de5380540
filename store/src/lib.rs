//! The store: keeps observations, the verdicts that were judged from them, runs and findings, and answers questions about
//! them. It is a database file; it knows nothing of networks and package managers.
//!
//! | module | job |
//! | --- | --- |
//! | `key` | checksums by which entries are found |
//! | `entry` | the form of an entry, and what is refused |
//! | `database` | the file: opened, brought up to date, its transactions |
//! | `packing` | compression by what entries have in common |
//! | `put`, `get` | entries go in and come out |
//! | `conflicts` | verdicts that differ under one key |
//! | `runs` | runs and the findings that they showed |
//! | `question`, `search`, `picker` | questions about verdicts: their form, what the database is asked, what of that is shown |
//! | `statistics` | how much there is |
//! | `transfer` | export and import |
//! | `prune` | old entries go |
//! | `tokens` | who may write |
//! | `synced` | how far another store is up to date |

mod conflicts;
mod database;
mod entry;
mod error;
mod get;
mod key;
mod packing;
mod picker;
mod prune;
mod put;
mod question;
mod runs;
#[cfg(test)]
mod sample;
mod search;
#[cfg(test)]
mod search_tests;
mod statistics;
mod synced;
mod tokens;
mod transfer;

pub use conflicts::Conflict;
pub use database::Store;
pub use entry::{Entry, FORM, Judged, LARGEST_BYTES, Refusal, Target};
pub use error::StoreError;
pub use get::Numbered;
pub use key::{Key, NotAKey};
pub use prune::Prune;
pub use put::{Counts, Put};
pub use question::{Known, LARGEST_PAGE, Page, Query, Show};
pub use runs::{FindingOver, ListedRun, Run, RunTarget, Shown};
pub use statistics::{ReleaseKnown, Statistics};
pub use synced::Synced;
pub use tokens::{May, NewToken, Token};
pub use transfer::{Imported, import};

//! Selects cases by filters, EAPIs and partition.

mod choose;
mod globs;
mod nothing;
mod partition;

pub use choose::{EapiChoice, Selection, select};
pub use globs::GlobError;
pub use nothing::why_nothing;
pub use partition::Partition;

//! Which builds to run first on a checkout: what failed last time, then what a change touches. It only orders; nothing is
//! left out.

mod changes;
mod checkouts;
mod functions;
mod map;
mod order;
mod ranges;

pub use checkouts::{Checkouts, RevisionError};
pub use map::Map;
pub use order::Order;

//! What commands other than `pmsts run` do with runs: check an adapter, bisect, map, probe an ebuild, sabotage cases.

pub mod adapter_check;
pub mod bisect;
pub mod dating;
pub(crate) mod explore;
pub mod mapping;
pub mod pm_check;
pub mod probe;
pub mod sabotage;
mod unjudged;

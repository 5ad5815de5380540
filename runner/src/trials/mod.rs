//! Questions that need several runs, or runs of cases made for them.

pub mod adapter_check;
pub mod bisect;
pub mod probe;
pub mod sabotage;

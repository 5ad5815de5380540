//! Sabotages of a build, derived from what its cases observe. A case that notices none of them
//! cannot fail, and so verifies nothing.
//!
//! The first sabotages of a build each break much at once, so that nearly all cases notice one of
//! them. Where that breaks the whole build, its parts are tried one at a time. The last one alters
//! observations on arrival: it only shows that something is compared.

mod arrival;
mod behaviour;
mod environment;
mod ingredients;
mod noticed;
mod rounds;
mod sabotaged;
mod words;

pub use arrival::notices_altered;
pub use noticed::{noticed, noticed_for_sure};
pub use rounds::sabotages;
pub use sabotaged::Sabotage;

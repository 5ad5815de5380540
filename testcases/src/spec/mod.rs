//! The text of the PMS beside the catalogue: which paragraph each requirement stands on, and what a later text changed.
//!
//! The text itself is no part of this repository. `testcases/anchors.toml` keeps a checksum of each of its paragraphs.

mod anchors;
mod diff;
mod paragraphs;

pub use anchors::{Anchor, Anchors};
pub use diff::{Changed, Gone, Place, SpecDiff, Unnamed, diff};
pub use paragraphs::{Chapter, Paragraph};

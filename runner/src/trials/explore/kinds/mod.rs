//! The kinds of inputs that are drawn.

mod conditionals;
mod dosym;
mod econf;
mod files;
mod pieces;
mod queries;
mod variables;
mod versions;

use super::kind::Kind;

/// All kinds.
pub(crate) const KINDS: &[&dyn Kind] = &[
    &versions::Versions,
    &pieces::Pieces,
    &queries::Queries,
    &conditionals::Conditionals,
    &dosym::Dosym,
    &econf::Econf,
    &files::Files,
    &variables::Variables,
];

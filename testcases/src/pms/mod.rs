//! Small models of what the PMS defines as functions, made from its text alone. `pmsts explore` holds package managers
//! against them.

mod conditional;
mod econf;
mod path;
mod pieces;
mod specification;
mod version;

pub use conditional::Item;
pub use econf::econf_options;
pub use path::relative_link;
pub use pieces::{cut, replace_separators};
pub use specification::{Installed, Operator, Specification, UseDependency, UseForm};
pub use version::Version;

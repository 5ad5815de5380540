//! Renders builds into the files that a package manager works on: ebuilds, eclasses, profiles,
//! distfiles and repositories.

mod archive;
mod context;
mod manifest;
mod render;
mod site;
mod skeleton;
mod write;

pub use archive::ArchiveError;
pub use render::{RenderError, Renderer};
pub use site::{Answer, Conflict, DISTFILES, REPOSITORIES, REPOSITORY, Site};
pub use write::{WriteError, write};

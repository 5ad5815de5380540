//! Renders builds into ebuilds, eclasses, profiles, distfiles and repositories.

mod archive;
mod context;
mod manifest;
mod render;
mod site;
mod skeleton;
mod write;

pub use archive::{ArchiveError, FORMATS};
pub use render::{RenderError, Renderer};
pub use site::{Answer, Conflict, DISTFILES, OWN_PROFILE, PROFILE, REPOSITORIES, REPOSITORY, Site};
pub use write::{WriteError, write};

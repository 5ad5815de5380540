//! Testbeds: the isolation in which a target's commands run. One is opened, executes commands, is looked into, and is
//! closed. `backend` has the promises that all of them keep.

mod backend;
mod choice;
pub mod client;
mod ground;
mod ids;
mod path;
mod preflight;
mod skeleton;
pub mod spec;
pub mod stub;
mod stubbed;
mod sys;
mod tree;
mod wire;
mod within;

pub use backend::{State, Testbed};
pub use choice::{BACKENDS, Choice};
pub use ground::{Ground, GroundError};
pub use ids::Ids;
pub(crate) use preflight::preflight;
pub use stubbed::{STUB, Stubbed};
pub(crate) use sys::{in_own_session, in_own_session_with_runner};
pub use wire::{Exit, Limit, Notice};
pub use within::{WITHIN, Within, run as run_within};

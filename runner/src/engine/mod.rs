//! Carries out the schedule: waits for events, does what each action says, reads what a step left.
//!
//! The only user of mio. One thread.

mod actor;
mod collect;
mod connection;
mod event_loop;
mod finish;
mod lane;
mod signals;
mod status;

pub(crate) use actor::{Actor, Lanes};
pub(crate) use event_loop::Engine;

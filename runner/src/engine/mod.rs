//! Carries out the schedule: waits for events, carries out actions, and reads what steps left.
//!
//! It is one thread, and the only user of mio.

mod actor;
mod clients;
mod collect;
mod connection;
mod crash;
mod event_loop;
mod finish;
mod lane;
mod signals;
mod status;

pub(crate) use actor::{Actor, Lanes};
pub(crate) use event_loop::Engine;

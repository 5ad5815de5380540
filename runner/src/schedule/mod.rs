//! Decides what a run does next. Pure: an event goes in, actions come out; time is passed in, never asked for.

pub(crate) mod batch;
mod event;
mod hear;
mod lane;
mod limits;
pub(crate) mod second_try;
mod state;
#[cfg(test)]
mod tests;
pub(crate) mod work;

pub(crate) use event::{Action, Cancelled, Event, Finish, Stamps};
pub(crate) use lane::{PhaseTime, Stage};
pub(crate) use limits::{Limits, StopEarly};
pub(crate) use state::State;

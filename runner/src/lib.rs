//! TODO

pub mod client;

//! The protocol between the phases of test ebuilds and the runner.
//!
//! [`message`] defines the messages, [`codec`] encodes and decodes them without I/O, and [`client`]
//! is the program that phases call; as [`leash`] it ends a job on another machine. One connection carries one request and its reply. The crate
//! uses only the standard library, because the client is compiled separately, linked statically,
//! and runs in roots without other libraries.

mod body;
pub mod client;
pub mod codec;
mod error;
mod field;
pub mod leash;
pub mod message;

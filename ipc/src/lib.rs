//! What the phases of an ebuild say to the runner, and how it looks on the wire.
//!
//! [`message`] has the words, [`codec`] turns them into bytes and back without any I/O, [`client`]
//! is the program that phases call. One connection carries one request and its reply. Only the
//! standard library is used: the client is compiled alone, linked statically, and runs in roots
//! that have nothing else.

mod body;
pub mod client;
pub mod codec;
mod error;
mod field;
pub mod message;

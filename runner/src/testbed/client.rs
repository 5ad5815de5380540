//! The client that phases call, as it is put into a testbed.

/// The program, linked statically; its source is in pmsts-ipc.
pub const CLIENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/observe"));

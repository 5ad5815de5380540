//! The client program, which phases call to report, as it is put into a testbed.

/// The program, linked statically; its source is in pmsts-ipc.
pub const CLIENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/observe"));

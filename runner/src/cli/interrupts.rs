//! Interruptions of commands that have no event loop: provisioning stops and cleans up. It asks many
//! times a second, so a second interrupt could not be quicker, only leave something behind.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};

/// From its making on, SIGINT, SIGTERM and SIGHUP do not end the process but are kept here.
#[derive(Debug)]
pub(super) struct Interrupts(Arc<AtomicBool>);

impl Interrupts {
    /// Begins to catch them.
    pub(super) fn catch() -> Self {
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let _ = flag::register(signal, Arc::clone(&came));
        }
        Self(came)
    }

    /// Whether one came.
    pub(super) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

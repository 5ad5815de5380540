//! Interrupts of commands that have no event loop: provisioning asks for them many times a second, stops and cleans
//! up. A second interrupt does nothing more: it could not be faster, and would leave files behind.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
};

/// Catches SIGINT, SIGTERM and SIGHUP, which then do not end the process, and remembers that one came.
#[derive(Debug)]
pub(super) struct Interrupts(Arc<AtomicBool>);

impl Interrupts {
    /// Starts to catch the signals.
    pub(super) fn catch() -> Self {
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let _ = flag::register(signal, Arc::clone(&came));
        }
        Self(came)
    }

    /// Whether a signal came since the last call.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }

    /// Whether a signal came.
    pub(super) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

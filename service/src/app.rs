//! What all requests share: the store, who may write, and room for bodies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pmsts_store::Store;
use tokio::sync::Semaphore;

use crate::workflow::Workflows;

/// How many KiB of request bodies are held at once; more wait.
const BODIES_KIB: usize = 64 * 1024;

/// What all requests share. There is one thread, so that the lock never waits; it is held for one change at a time.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    store: Mutex<Store>,
    workflows: Workflows,
    room: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(store: Store, workflows: Workflows) -> Self {
        Self(Arc::new(Shared {
            store: Mutex::new(store),
            workflows,
            room: Arc::new(Semaphore::new(BODIES_KIB)),
        }))
    }

    /// The store. A change that panicked was undone by its transaction.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn workflows(&self) -> &Workflows {
        &self.0.workflows
    }

    /// Room for request bodies, a permit for each KiB.
    pub(crate) fn room(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.room)
    }
}

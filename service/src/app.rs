//! What all requests share: the store, who may write, and room for bodies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pmsts_store::{May, Store, StoreError};
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
    token: Option<String>,
    room: Arc<Semaphore>,
}

impl App {
    pub(crate) fn new(store: Store, workflows: Workflows, token: Option<String>) -> Self {
        Self(Arc::new(Shared {
            store: Mutex::new(store),
            workflows,
            token,
            room: Arc::new(Semaphore::new(BODIES_KIB)),
        }))
    }

    /// The store. A change that panicked was undone by its transaction.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the bearer of a token may do, if it is known.
    pub(crate) fn may(&self, token: &str) -> Result<Option<May>, StoreError> {
        // Both are checksums of random bytes, so that it tells nothing how long comparing them takes.
        if self.0.token.as_deref() == Some(token) {
            return Ok(Some(May::Write));
        }
        let known = self.store().may(token)?;
        Ok(known.or_else(|| self.0.workflows.may(token)))
    }

    /// Room for request bodies, a permit for each KiB.
    pub(crate) fn room(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.room)
    }
}

//! One store of others: what it is, and what became of what it was sent.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64};

use super::address::Address;
use super::client::{Client, Request};
use super::rule::TOKEN;

/// The largest answer that is no entry, in bytes.
pub(super) const SMALL_BYTES: usize = 64 * 1024;

/// What the threads that talk to a store share.
pub(crate) struct Peer {
    pub(super) client: Client,
    /// Whether it is the service of pmsts, which answers many questions at once.
    is_service: OnceLock<bool>,
    /// Entries that it took.
    pub(super) stored: AtomicU64,
    /// Entries that it did not take.
    pub(super) lost: AtomicU64,
    /// Whether it refused to take one.
    pub(super) read_only: AtomicBool,
}

impl Peer {
    /// A service to ask questions.
    pub(crate) fn reader(address: Address) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        Self::new(Client::new(address, false, TOKEN, variable))
    }

    /// A service to give something.
    pub(crate) fn writer(address: Address) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        Self::new(Client::new(address, true, TOKEN, variable))
    }

    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            is_service: OnceLock::new(),
            stored: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            read_only: AtomicBool::new(false),
        }
    }

    /// Asks once what it is.
    pub(super) fn is_service(&self) -> bool {
        *self.is_service.get_or_init(|| {
            let answer = self.client.ask(Request::Get, "/v1/health", SMALL_BYTES);
            let health = answer.filter(|it| it.status == 200).map(|it| it.body);
            let health = health.and_then(|body| serde_json::from_slice(&body).ok());
            health.is_some_and(|it: serde_json::Value| it["service"] == "pmsts")
        })
    }
}

//! Stores of others, over HTTP: the service of pmsts, or any server that keeps files by `GET` and `PUT` below `/ac/`.
//!
//! | module | job |
//! | --- | --- |
//! | `rule` | which store is asked about which cases |
//! | `address` | where a store is, and the proxy that leads there |
//! | `auth` | what it is told of who asks |
//! | `peer` | one store: what it is, and what became of what it was sent |
//! | `auto` | a service for one run |
//! | `client` | one request: limits, one retry, and an end to asking |
//! | `lookup` | asks for observations, and checks what comes |
//! | `writer` | the thread that sends |
//! | `questions` | what only the service answers |
//! | `sync` | brings two stores up to date |

mod address;
mod auth;
mod auto;
mod client;
mod lookup;
mod peer;
mod questions;
mod rule;
mod sync;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pmsts_reports::record::StoreUse;
use pmsts_store::{Entry, Run};

use super::kept::{Kept, Wanted};
pub(crate) use address::Address;
#[cfg(feature = "serve")]
pub(crate) use auto::SERVE_TOKEN;
pub(crate) use auto::{Auto, AutoError};
use client::{Client, Request};
pub(crate) use peer::Peer;
use peer::SMALL_BYTES;
pub(crate) use questions::PeerError;
use rule::Place;
pub(crate) use rule::Rule;
pub(crate) use sync::sync;
use writer::Writer;

/// A store of others.
pub(super) struct Remote {
    rule: Rule,
    peer: Option<Arc<Peer>>,
    writer: Option<Writer>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// The store for a build with these cases: that of the first rule for each. Where cases of one build have different
/// stores, it has none, as what is observed of one case tells something of the other.
pub(super) fn for_cases<'r>(remotes: &'r [Remote], cases: &[&str]) -> Option<&'r Remote> {
    let of = |case: &&str| remotes.iter().find(|remote| remote.rule.is_for(case));
    let mut all = cases.iter().map(of);
    let first = all.next()??;
    all.all(|other| other.is_some_and(|other| std::ptr::eq(other, first)))
        .then_some(first)
}

impl Remote {
    /// The store of a rule.
    pub(super) fn new(rule: &Rule) -> Self {
        let peer = match &rule.place {
            Place::At(address) => {
                let variable = |name: &str| std::env::var(name).ok();
                let client = Client::new(address.clone(), rule.writes, &rule.token, variable);
                Some(Arc::new(Peer::new(client)))
            }
            Place::None | Place::Auto => None,
        };
        let writer = peer.as_ref().filter(|_| rule.writes);
        Self {
            writer: writer.map(Writer::start),
            rule: rule.clone(),
            peer,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The observations that it has of these builds.
    pub(super) fn find(&self, wanted: &[&Wanted<'_>]) -> Vec<(Entry, Kept)> {
        let Some(peer) = self.peer.as_ref().filter(|_| !wanted.is_empty()) else {
            return Vec::new();
        };
        let found = lookup::find(peer, wanted);
        let hits = found.len() as u64;
        self.hits.fetch_add(hits, Ordering::Relaxed);
        self.misses
            .fetch_add(wanted.len() as u64 - hits, Ordering::Relaxed);
        found
    }

    /// Sends an entry, some time.
    pub(super) fn send(&self, entry: Entry) {
        if let Some(writer) = &self.writer {
            writer.send(entry);
        }
    }

    /// Waits until all entries are sent, or given up.
    pub(super) fn flush(&self) {
        if let Some(writer) = &self.writer {
            writer.flush();
        }
    }

    /// What it was used for; `None` for a rule that names no store.
    pub(super) fn used(&self) -> Option<StoreUse> {
        let peer = self.peer.as_ref()?;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let read_only = peer.read_only.load(Ordering::Relaxed);
        Some(StoreUse {
            url: peer.client.address.to_string(),
            mode: if self.rule.writes {
                "read-write"
            } else {
                "read"
            }
            .to_owned(),
            hits: of(&self.hits),
            misses: of(&self.misses),
            errors: of(&peer.client.errors),
            received_bytes: of(&peer.client.received_bytes),
            sent_bytes: of(&peer.client.sent_bytes),
            written: of(&peer.stored),
            stored: self.rule.writes && !read_only && of(&peer.lost) == 0,
            refused: read_only,
            away: peer.client.away().map(str::to_owned),
        })
    }
}

/// Tells the service of a rule of a run that is over. Other stores have no place for that.
pub(super) fn tell_run(rule: &Rule, run: &Run) {
    let remote = Remote::new(rule);
    if let Some(peer) = remote.peer.filter(|_| rule.writes)
        && peer.is_service()
    {
        let text = serde_json::to_vec(run).unwrap_or_default();
        peer.client
            .ask(Request::Post(&text), "/v1/runs", SMALL_BYTES);
    }
}

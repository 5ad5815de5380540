//! The thread that sends entries to a store, so that a run does not wait for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use pmsts_store::Entry;

use super::client::Request;
use super::peer::{Peer, SMALL_BYTES};

/// How many entries may wait. More are not kept: the run goes on, and the store learns them another time.
const WAITING: usize = 2_000;

/// The largest request, in bytes.
const LARGEST_REQUEST_BYTES: usize = 2 * 1024 * 1024;

/// A thread that sends entries.
pub(super) struct Writer {
    orders: Option<SyncSender<Order>>,
    peer: Arc<Peer>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Send(Box<Entry>),
    /// Tell when all entries before are sent.
    Flush(Sender<()>),
}

impl Writer {
    pub(super) fn start(peer: &Arc<Peer>) -> Self {
        let (orders, received) = sync_channel(WAITING);
        let theirs = Arc::clone(peer);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || work(&theirs, &received));
        Self {
            orders: thread.is_ok().then_some(orders),
            peer: Arc::clone(peer),
            thread: thread.ok(),
        }
    }

    /// Sends an entry, some time; drops it if too many wait.
    pub(super) fn send(&self, entry: Entry) {
        let sent = self
            .orders
            .as_ref()
            .map(|orders| orders.try_send(Order::Send(Box::new(entry))));
        if !matches!(sent, Some(Ok(()))) {
            self.peer.client.refuse();
            self.peer.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all entries are sent, or given up: as each request ends within seconds, so does this.
    pub(super) fn flush(&self) {
        let (done, wait) = channel();
        let order = self
            .orders
            .as_ref()
            .map(|orders| orders.send(Order::Flush(done)));
        if matches!(order, Some(Ok(()))) {
            let _ = wait.recv();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(peer: &Peer, orders: &Receiver<Order>) {
    while let Ok(first) = orders.recv() {
        let (mut entries, mut done) = (Vec::new(), None);
        let mut bytes = 0;
        let mut next = Some(first);
        // What waits goes in one request, up to its limit.
        while let Some(order) = next {
            match order {
                Order::Send(entry) => {
                    let text = entry.text();
                    bytes += text.len();
                    entries.push((*entry, text));
                }
                Order::Flush(tell) => {
                    done = Some(tell);
                    break;
                }
            }
            next = (bytes < LARGEST_REQUEST_BYTES)
                .then(|| orders.try_recv().ok())
                .flatten();
        }
        send(peer, &entries);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}

fn send(peer: &Peer, entries: &[(Entry, String)]) {
    if entries.is_empty() || peer.read_only.load(Ordering::Relaxed) {
        return;
    }
    if peer.is_service() {
        let text: String = entries.iter().flat_map(|(_, text)| [text, "\n"]).collect();
        take(
            peer,
            Request::Post(text.as_bytes()),
            "/v1/entries",
            entries.len(),
        );
        return;
    }
    for (entry, text) in entries {
        // A server of files keeps whole entries, not verdicts that are added to one.
        if entry.body.is_some() {
            take(
                peer,
                Request::Put(text.as_bytes()),
                &format!("/ac/{}", entry.key),
                1,
            );
        }
    }
}

/// Sends a request that writes. A store that refuses is only read from now on.
fn take(peer: &Peer, request: Request<'_>, path: &str, count: usize) {
    if peer.read_only.load(Ordering::Relaxed) {
        return;
    }
    match peer
        .client
        .ask(request, path, SMALL_BYTES)
        .map(|it| it.status)
    {
        Some(200..=299) => {
            peer.stored.fetch_add(count as u64, Ordering::Relaxed);
        }
        Some(401 | 403 | 405) => peer.read_only.store(true, Ordering::Relaxed),
        answer => {
            if answer.is_some() {
                peer.client.refuse();
            }
            peer.lost.fetch_add(count as u64, Ordering::Relaxed);
        }
    }
}

//! Brings two stores up to date with each other: each gives the other the entries that came since the last time. How far
//! that went is noted after each page, so that what was interrupted goes on.

use pmsts_store::{Counts, Entry, LARGEST_BYTES, Store};

use super::client::Request;
use super::peer::Peer;
use super::questions::PeerError;

/// How many entries go at once.
const AT_ONCE: usize = 500;

/// The largest request, in bytes; the service takes twice that.
const LARGEST_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// The largest page of the service, in bytes: a thousand entries, each far below its limit.
const LARGEST_PAGE_BYTES: usize = 256 * 1024 * 1024;

/// What went over.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// What became of our entries there.
    pub(crate) sent: Counts,
    /// What became of its entries here.
    pub(crate) received: Counts,
}

/// Gives the service what it lacks, and takes what it has.
pub(crate) fn sync(store: &mut Store, peer: &Peer) -> Result<Done, PeerError> {
    peer.must_be_service("sync")?;
    let sent = send(store, peer)?;
    let received = receive(store, peer)?;
    Ok(Done { sent, received })
}

fn send(store: &mut Store, peer: &Peer) -> Result<Counts, PeerError> {
    let url = peer.client.address.to_string();
    let mut counts = Counts::default();
    loop {
        let mut synced = store.synced(&url)?;
        let mut text = Vec::new();
        for entry in store.after(synced.sent, AT_ONCE)? {
            if text.len() + entry.text.len() > LARGEST_REQUEST_BYTES && !text.is_empty() {
                break;
            }
            synced.sent = entry.number;
            text.extend(entry.text);
            text.push(b'\n');
        }
        if text.is_empty() {
            return Ok(counts);
        }
        let answer = peer.must_answer(Request::Post(&text), "/v1/entries", LARGEST_BYTES)?;
        let taken: Counts =
            serde_json::from_slice(&answer).map_err(|it| peer.refused(it.to_string()))?;
        counts.merge(taken);
        store.set_synced(&url, synced)?;
    }
}

fn receive(store: &mut Store, peer: &Peer) -> Result<Counts, PeerError> {
    let url = peer.client.address.to_string();
    let mut counts = Counts::default();
    loop {
        let mut synced = store.synced(&url)?;
        let path = format!("/v1/export?after={}", synced.received);
        let answer = peer.must_answer(Request::Get, &path, LARGEST_PAGE_BYTES)?;
        let lines = answer.split(|byte| *byte == b'\n');
        let mut entries = Vec::new();
        let mut last = None;
        for line in lines.filter(|line| !line.is_empty()) {
            let (number, text) =
                numbered(line).ok_or_else(|| peer.refused("a line has no number".to_owned()))?;
            last = Some(number);
            match Entry::read(text, None) {
                Ok(entry) => entries.push(entry),
                Err(_) => counts.refused += 1,
            }
        }
        let Some(last) = last.filter(|last| *last > synced.received) else {
            return Ok(counts);
        };
        for put in store.put(&entries)? {
            counts.add(put);
        }
        synced.received = last;
        store.set_synced(&url, synced)?;
    }
}

/// The number and the entry of a line `NUMBER ENTRY`.
fn numbered(line: &[u8]) -> Option<(i64, &[u8])> {
    let at = line.iter().position(|byte| *byte == b' ')?;
    let number = std::str::from_utf8(&line[..at]).ok()?.parse().ok()?;
    Some((number, &line[at + 1..]))
}

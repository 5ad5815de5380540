//! Asks a store for observations, and checks what comes: nothing is used that does not carry the key it was asked for.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pmsts_store::{Entry, Key, LARGEST_BYTES};

use super::client::Request;
use super::peer::Peer;
use crate::verdicts::kept::{Kept, Wanted, key};

/// How many builds the service is asked about at once.
const AT_ONCE: usize = 200;

/// The largest answer of the service, in bytes.
const LARGEST_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// How many threads ask a store that knows only one entry at a time.
const THREADS: usize = 8;

/// The observations that a store has of these builds.
pub(super) fn find(peer: &Peer, wanted: &[&Wanted<'_>]) -> Vec<(Entry, Kept)> {
    if peer.is_service() {
        let batches = wanted.chunks(AT_ONCE);
        batches.flat_map(|some| of_service(peer, some)).collect()
    } else {
        of_files(peer, wanted)
    }
}

/// Asks the service about many builds.
fn of_service(peer: &Peer, wanted: &[&Wanted<'_>]) -> Vec<(Entry, Kept)> {
    let builds: Vec<Key> = wanted.iter().map(|it| it.build).collect();
    let question = serde_json::json!({ "builds": builds }).to_string();
    let request = Request::Post(question.as_bytes());
    let Some(answer) = peer.client.ask(request, "/v1/lookup", LARGEST_ANSWER_BYTES) else {
        return Vec::new();
    };
    if answer.status != 200 {
        peer.client.refuse();
        return Vec::new();
    }
    let wanted: HashMap<Key, &Wanted<'_>> = wanted.iter().map(|it| (it.build, *it)).collect();
    let mut found = HashMap::new();
    let lines = answer.body.split(|byte| *byte == b'\n');
    for line in lines.filter(|line| !line.is_empty()) {
        match checked(line, None) {
            Some((entry, kept)) if wanted.contains_key(&entry.build) => {
                // A build may have several entries, as each looked at something else.
                if kept.answers(&wanted[&entry.build].asked) {
                    found.entry(entry.build).or_insert((entry, kept));
                }
            }
            _ => peer.client.refuse(),
        }
    }
    found.into_values().collect()
}

/// Asks a server of files, entry by entry.
fn of_files(peer: &Peer, wanted: &[&Wanted<'_>]) -> Vec<(Entry, Kept)> {
    let found = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(it) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(one) = of_file(peer, key(it.build, &it.asked))
                && let Ok(mut found) = found.lock()
            {
                found.push(one);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS.min(wanted.len()) {
            scope.spawn(work);
        }
    });
    found.into_inner().unwrap_or_default()
}

fn of_file(peer: &Peer, key: Key) -> Option<(Entry, Kept)> {
    let path = format!("/ac/{key}");
    let answer = peer.client.ask(Request::Get, &path, LARGEST_BYTES)?;
    match answer.status {
        200 => {
            let found = checked(&answer.body, Some(key));
            if found.is_none() {
                peer.client.refuse();
            }
            found
        }
        404 => None,
        _ => {
            peer.client.refuse();
            None
        }
    }
}

fn checked(bytes: &[u8], key: Option<Key>) -> Option<(Entry, Kept)> {
    let entry = Entry::read(bytes, key).ok()?;
    let kept = Kept::of(&entry)?;
    Some((entry, kept))
}

//! Reads a TOML table key by key, and collects the faults of all keys.

use indexmap::IndexMap;

use super::fault::{Fault, Faults, Span};
use super::item::{Entry, Item, Node};
use super::nearest::nearest;

/// A table that is being read.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) entries: IndexMap<String, Entry>,
    pub(super) span: Span,
    faults: Faults,
    /// Keys that a misspelt key most likely stands for. They are not missing.
    misspelt: Vec<&'static str>,
}

impl Table {
    pub(super) fn of(item: Item) -> Result<Self, Fault> {
        match item.node {
            Node::Table(entries) => Ok(Self {
                entries,
                span: item.span,
                faults: Faults::default(),
                misspelt: Vec::new(),
            }),
            _ => Err(item.expected("a table")),
        }
    }

    /// Removes the keys that are not known; each of them is a fault.
    pub(super) fn only(mut self, known: impl IntoIterator<Item = &'static str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let entries = std::mem::take(&mut self.entries);
        for (key, entry) in entries {
            if known.contains(&key.as_str()) {
                self.entries.insert(key, entry);
            } else {
                self.misspelt.extend(nearest(&key, known.iter().copied()));
                self.faults.push(unknown_key(&key, &entry.key_span, &known));
            }
        }
        self
    }

    /// Whether an unknown key of the table most likely stands for this one.
    pub(super) fn misspells(&self, key: &str) -> bool {
        self.misspelt.contains(&key)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Item> {
        self.entries.shift_remove(key).map(|entry| entry.item)
    }

    /// Reads a key. Returns nothing if it is not there or has faults, which are kept.
    pub(super) fn read<T, E: Into<Faults>>(
        &mut self,
        key: &str,
        read: impl FnOnce(Item) -> Result<T, E>,
    ) -> Option<T> {
        let item = self.take(key)?;
        self.faults.keep(read(item))
    }

    /// Reads a key that must be there.
    pub(super) fn required<T, E: Into<Faults>>(
        &mut self,
        key: &str,
        read: impl FnOnce(Item) -> Result<T, E>,
    ) -> Option<T> {
        if !self.entries.contains_key(key) && !self.misspells(key) {
            self.push_missing(key);
        }
        self.read(key, read)
    }

    pub(super) fn push_missing(&mut self, key: &str) {
        self.push(Fault::new(
            self.span.clone(),
            format!("the key `{key}` is missing"),
        ));
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, Item::text)
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.read(key, Item::bool).unwrap_or_default()
    }

    pub(super) fn push(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(super) fn keep<T, E: Into<Faults>>(&mut self, read: Result<T, E>) -> Option<T> {
        self.faults.keep(read)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// All faults of the table, among them known keys that do not go together with the others.
    pub(super) fn finish(mut self) -> Result<(), Faults> {
        for (key, entry) in std::mem::take(&mut self.entries) {
            let message = format!("`{key}` cannot be combined with the other keys of this table");
            self.faults.push(Fault::new(entry.key_span, message));
        }
        self.faults.or(())
    }

    /// Lays `over` on top: tables are merged, everything else is replaced.
    pub(super) fn overlay(&mut self, over: Self) {
        overlay(&mut self.entries, over.entries);
    }

    /// Moves the named keys into a table of their own.
    pub(super) fn split(&mut self, keys: &[&str]) -> Self {
        let mut entries = IndexMap::new();
        for key in keys {
            if let Some(entry) = self.entries.shift_remove(*key) {
                entries.insert((*key).to_owned(), entry);
            }
        }
        Self {
            entries,
            span: self.span.clone(),
            faults: Faults::default(),
            misspelt: self.misspelt.clone(),
        }
    }
}

fn overlay(below: &mut IndexMap<String, Entry>, above: IndexMap<String, Entry>) {
    for (key, entry) in above {
        let replaced = below.get_mut(&key).map(|entry| &mut entry.item.node);
        match (replaced, entry.item.node) {
            (Some(Node::Table(below)), Node::Table(above)) => overlay(below, above),
            (_, node) => {
                let item = Item {
                    node,
                    span: entry.item.span,
                };
                let key_span = entry.key_span;
                below.insert(key, Entry { key_span, item });
            }
        }
    }
}

/// The fault of a key that is not known, with the nearest known one, or all of them.
pub(super) fn unknown_key(key: &str, span: &Span, known: &[&str]) -> Fault {
    Fault::new(span.clone(), unknown("key", key, known))
}

/// The message on a word that is not known.
pub(super) fn unknown(kind: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("unknown {kind} `{word}`: did you mean `{meant}`?"),
        None => format!("unknown {kind} `{word}`: use one of {}", known.join(", ")),
    }
}

/// Reads every key of a table whose keys the author chooses.
pub(super) fn each<T, E: Into<Faults>>(
    item: Item,
    mut read: impl FnMut(&str, &Span, Item) -> Result<T, E>,
) -> Result<IndexMap<String, T>, Faults> {
    let mut faults = Faults::default();
    let mut values = IndexMap::new();
    for (key, entry) in Table::of(item)?.entries {
        if let Some(value) = faults.keep(read(&key, &entry.key_span, entry.item)) {
            values.insert(key, value);
        }
    }
    faults.or(values)
}

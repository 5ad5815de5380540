//! A TOML tree that knows where each part of it is written, and that can be overlaid by another.

use std::ops::Range;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;

/// A place in a file, in bytes.
pub(super) type Span = Range<usize>;

/// A value and where it is written.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) node: Node,
    pub(super) span: Span,
}

/// The value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    Number(i64),
    Bool(bool),
    List(Vec<Item>),
    Table(IndexMap<String, Entry>),
    Other(&'static str),
}

/// A key's place and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key_span: Span,
    pub(super) item: Item,
}

/// Reads a whole file.
pub(super) fn parse(text: &str) -> Result<Table, Fault> {
    let table = DeTable::parse(text)
        .map_err(|e| Fault::new(e.span().unwrap_or_default(), e.message().to_owned()))?;
    let span = table.span();
    Ok(Table {
        entries: entries(table.into_inner()),
        span,
    })
}

fn entries(table: DeTable<'_>) -> IndexMap<String, Entry> {
    table
        .into_iter()
        .map(|(key, value)| {
            (
                key.get_ref().to_string(),
                Entry {
                    key_span: key.span(),
                    item: item(value),
                },
            )
        })
        .collect()
}

fn item(value: Spanned<DeValue<'_>>) -> Item {
    let span = value.span();
    let node = match value.into_inner() {
        DeValue::String(text) => Node::Text(text.into_owned()),
        DeValue::Boolean(yes) => Node::Bool(yes),
        DeValue::Array(list) => Node::List(list.into_iter().map(item).collect()),
        DeValue::Table(table) => Node::Table(entries(table)),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix())
            .map_or(Node::Other("an integer out of range"), Node::Number),
        DeValue::Float(_) => Node::Other("a float"),
        DeValue::Datetime(_) => Node::Other("a date"),
    };
    Item { node, span }
}

impl Item {
    fn kind(&self) -> &'static str {
        match &self.node {
            Node::Text(_) => "a text",
            Node::Number(_) => "a number",
            Node::Bool(_) => "true or false",
            Node::List(_) => "a list",
            Node::Table(_) => "a table",
            Node::Other(kind) => kind,
        }
    }

    fn wants(&self, what: &str) -> Fault {
        Fault::new(
            self.span.clone(),
            format!("this wants {what}, and is {}", self.kind()),
        )
    }

    pub(super) fn text(self) -> Result<String, Fault> {
        match self.node {
            Node::Text(text) => Ok(text),
            _ => Err(self.wants("a text")),
        }
    }

    pub(super) fn number(self) -> Result<i64, Fault> {
        match self.node {
            Node::Number(number) => Ok(number),
            _ => Err(self.wants("a number")),
        }
    }

    pub(super) fn bool(self) -> Result<bool, Fault> {
        match self.node {
            Node::Bool(yes) => Ok(yes),
            _ => Err(self.wants("true or false")),
        }
    }

    pub(super) fn list(self) -> Result<Vec<Item>, Fault> {
        match self.node {
            Node::List(list) => Ok(list),
            _ => Err(self.wants("a list")),
        }
    }

    pub(super) fn texts(self) -> Result<Vec<String>, Fault> {
        self.list()?.into_iter().map(Item::text).collect()
    }

    pub(super) fn table(self) -> Result<Table, Fault> {
        match self.node {
            Node::Table(entries) => Ok(Table {
                entries,
                span: self.span,
            }),
            _ => Err(self.wants("a table")),
        }
    }
}

/// A table that is read key by key; what is left over at the end is a fault.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) entries: IndexMap<String, Entry>,
    pub(super) span: Span,
}

impl Table {
    pub(super) fn take(&mut self, key: &str) -> Option<Item> {
        self.entries.shift_remove(key).map(|entry| entry.item)
    }

    pub(super) fn read<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Item) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.take(key).map(read).transpose()
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, Fault> {
        self.read(key, Item::text)
    }

    pub(super) fn flag(&mut self, key: &str) -> Result<bool, Fault> {
        Ok(self.read(key, Item::bool)?.unwrap_or_default())
    }

    pub(super) fn required<T>(&self, key: &str, found: Option<T>) -> Result<T, Fault> {
        found.ok_or_else(|| Fault::new(self.span.clone(), format!("`{key}` is missing")))
    }

    /// Every key is read: a map whose keys the author chooses.
    pub(super) fn each<T>(
        self,
        mut read: impl FnMut(&str, Span, Item) -> Result<T, Fault>,
    ) -> Result<IndexMap<String, T>, Fault> {
        self.entries
            .into_iter()
            .map(|(key, entry)| {
                let value = read(&key, entry.key_span, entry.item)?;
                Ok((key, value))
            })
            .collect()
    }

    /// Faults the first key that nobody took.
    pub(super) fn finish(self, known: &[&str]) -> Result<(), Fault> {
        match self.entries.first() {
            None => Ok(()),
            Some((key, entry)) => Err(Fault::new(
                entry.key_span.clone(),
                format!("unknown key `{key}`; known here are {}", known.join(", ")),
            )),
        }
    }

    /// Lays `over` on top: tables merge, everything else is replaced.
    pub(super) fn overlay(&mut self, over: Self) {
        for (key, entry) in over.entries {
            match (self.entries.get_mut(&key), entry.item.node) {
                (
                    Some(Entry {
                        item:
                            Item {
                                node: Node::Table(below),
                                span,
                            },
                        ..
                    }),
                    Node::Table(above),
                ) => {
                    let mut merged = Self {
                        entries: std::mem::take(below),
                        span: span.clone(),
                    };
                    merged.overlay(Self {
                        entries: above,
                        span: entry.item.span,
                    });
                    *below = merged.entries;
                }
                (_, node) => {
                    let item = Item {
                        node,
                        span: entry.item.span,
                    };
                    self.entries.insert(
                        key,
                        Entry {
                            key_span: entry.key_span,
                            item,
                        },
                    );
                }
            }
        }
    }

    /// Moves the named keys into a table of their own.
    pub(super) fn split(&mut self, keys: &[&str]) -> Self {
        let mut taken = IndexMap::new();
        for key in keys {
            if let Some(entry) = self.entries.shift_remove(*key) {
                taken.insert((*key).to_owned(), entry);
            }
        }
        Self {
            entries: taken,
            span: self.span.clone(),
        }
    }
}

//! A TOML value with the place where each part of it is written.

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Faults, Span, all};

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) node: Node,
    pub(super) span: Span,
}

/// Something read from a file, with its place.
#[derive(Debug, Clone, Default)]
pub(super) struct Placed<T> {
    pub(super) span: Span,
    pub(super) value: T,
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    Number(i64),
    Bool(bool),
    List(Vec<Item>),
    Table(IndexMap<String, Entry>),
    Other(&'static str),
}

/// The place of a key, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key_span: Span,
    pub(super) item: Item,
}

/// Parses a whole file into one table.
pub(super) fn parse(text: &str) -> Result<Item, Faults> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults = Faults::default();
    for error in errors {
        faults.push(Fault::new(
            error.span().unwrap_or_default(),
            error.message(),
        ));
    }
    let span = table.span();
    faults.or(Item {
        node: Node::Table(entries(table.into_inner())),
        span,
    })
}

fn entries(table: DeTable<'_>) -> IndexMap<String, Entry> {
    table
        .into_iter()
        .map(|(key, value)| {
            let entry = Entry {
                key_span: key.span(),
                item: item(value),
            };
            (key.get_ref().to_string(), entry)
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
            Node::Text(_) => "a string",
            Node::Number(_) => "an integer",
            Node::Bool(_) => "a boolean",
            Node::List(_) => "an array",
            Node::Table(_) => "a table",
            Node::Other(kind) => kind,
        }
    }

    /// The fault of a value that has another type than the expected one.
    pub(super) fn expected(&self, what: &str) -> Fault {
        Fault::new(
            self.span.clone(),
            format!("expected {what}, found {}", self.kind()),
        )
    }

    pub(super) fn text(self) -> Result<String, Fault> {
        match self.node {
            Node::Text(text) => Ok(text),
            _ => Err(self.expected("a string")),
        }
    }

    pub(super) fn number(self) -> Result<i64, Fault> {
        match self.node {
            Node::Number(number) => Ok(number),
            _ => Err(self.expected("an integer")),
        }
    }

    pub(super) fn bool(self) -> Result<bool, Fault> {
        match self.node {
            Node::Bool(yes) => Ok(yes),
            _ => Err(self.expected("true or false")),
        }
    }

    pub(super) fn list(self) -> Result<Vec<Item>, Fault> {
        match self.node {
            Node::List(list) => Ok(list),
            _ => Err(self.expected("an array")),
        }
    }

    pub(super) fn texts(self) -> Result<Vec<String>, Faults> {
        all(self.list()?.into_iter().map(Item::text))
    }
}

//! What the cases of a file share: its name and text, its section, and its shared builds.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::fault::{Fault, Span};
use super::item::{Item, Placed};
use super::table::Table;
use crate::model::{Build, is_name};
use crate::requirement::Catalogue;

/// The parts of a case file that its cases refer to.
pub(super) struct Context<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) catalogue: &'a Catalogue,
    /// The section of the cases that name none.
    pub(super) section: Option<String>,
    /// The shared builds by name.
    pub(super) builds: IndexMap<String, Shared>,
    /// The names of shared builds that a case uses.
    pub(super) used: HashSet<String>,
}

/// A `[build.NAME]` of a file.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) table: Table,
    /// The build read from the table; none if the table has faults.
    pub(super) build: Option<Arc<Build>>,
}

impl Context<'_> {
    /// The shared build that the item names.
    pub(super) fn shared(&mut self, item: Item) -> Result<&Shared, Fault> {
        let span = item.span.clone();
        let name = item.text()?;
        let shared = self
            .builds
            .get(&name)
            .ok_or_else(|| Fault::new(span, format!("this file has no build `{name}`")))?;
        self.used.insert(name);
        Ok(shared)
    }
}

/// Reads the id of a case.
pub(super) fn id(item: Item) -> Result<Placed<String>, Fault> {
    let span = item.span.clone();
    let value = item.text()?;
    check_id(&value, &span)?;
    Ok(Placed { span, value })
}

/// Checks the id of a case or the name of a shared build.
pub(super) fn check_id(id: &str, span: &Span) -> Result<(), Fault> {
    if is_name(id) {
        Ok(())
    } else {
        Err(Fault::new(
            span.clone(),
            format!("invalid id `{id}`: use lower-case letters, digits and hyphens"),
        ))
    }
}

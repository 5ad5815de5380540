//! Reads a case file: its shared builds, its cases, and the twins of the cases.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::build::{KEYS as BUILD_KEYS, build};
use super::case::case;
use super::context::{Context, Shared, check_id};
use super::error::position;
use super::fault::{Fault, Faults, Span};
use super::item::{Item, Node, parse};
use super::table::{Table, each};
use super::unique::Unique;
use crate::model::Case;
use crate::requirement::Catalogue;

const KEYS: [&str; 3] = ["section", "build", "case"];

/// Reads all cases of a file.
pub(super) fn cases(
    name: &str,
    text: &str,
    catalogue: &Catalogue,
    unique: &mut Unique,
) -> Result<Vec<Case>, Faults> {
    let mut table = Table::of(parse(text)?)?.only(KEYS);
    let is_section_misspelt = table.misspells("section");
    let section = table.text("section");
    let mut context = Context {
        name,
        text,
        catalogue,
        section: section.or_else(|| is_section_misspelt.then(String::new)),
        builds: IndexMap::new(),
        used: HashSet::new(),
    };
    let mut faults = Faults::default();
    if let Some(item) = table.take("build") {
        faults.keep(shared_builds(item, &mut context));
    }
    let items = table.read("case", Item::list).unwrap_or_default();
    faults.keep(table.finish());
    let mut cases = Vec::new();
    let mut is_every_case_read = true;
    for item in items {
        let read = case_with_twin(item, &mut context, unique);
        let read = faults.keep(read);
        is_every_case_read &= read.is_some();
        cases.extend(read.into_iter().flatten());
    }
    // A case with faults may use them.
    if is_every_case_read {
        for fault in unused_builds(&context) {
            faults.push(fault);
        }
    }
    faults.or(cases)
}

/// Reads the shared builds. One with faults is remembered, so that cases can name it.
fn shared_builds(item: Item, context: &mut Context<'_>) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let read = each(item, |name, span, item| {
        check_id(name, span)?;
        let table = Table::of(item)?;
        let build = faults.keep(build(name.to_owned(), table.clone()));
        Ok::<_, Fault>(Shared {
            table,
            build: build.map(Arc::new),
        })
    });
    context.builds = faults.keep(read).unwrap_or_default();
    faults.or(())
}

fn unused_builds(context: &Context<'_>) -> Vec<Fault> {
    let unused = context
        .builds
        .iter()
        .filter(|(name, _)| !context.used.contains(*name));
    unused
        .map(|(name, shared)| {
            let message = format!("no case uses the build `{name}`");
            Fault::new(shared.table.span.clone(), message)
        })
        .collect()
}

/// Reads a case and, if it has one, its twin: the same keys with those of the twin laid on top.
fn case_with_twin(
    item: Item,
    context: &mut Context<'_>,
    unique: &mut Unique,
) -> Result<Vec<Case>, Faults> {
    let mut plain = Table::of(item)?;
    let span = plain.span.clone();
    let mut faults = Faults::default();
    let twin = plain.take("twin");
    let twin = twin.and_then(|twin| faults.keep(twin_of(&plain, twin, context)));
    faults.keep(unique_id(
        &plain,
        twin.is_some(),
        context.name,
        context.text,
        unique,
    ));
    let read = case(context, plain, false);
    let mut cases: Vec<Case> = faults.keep(read).into_iter().collect();
    if let Some(twin) = twin {
        let read = case(context, twin, true);
        cases.extend(faults.keep(read));
    }
    for case in &cases {
        faults.keep(unique.build(&case.build.name, context.name, &span));
    }
    faults.or(cases)
}

/// The table of a case's twin.
fn twin_of(plain: &Table, over: Item, context: &mut Context<'_>) -> Result<Table, Faults> {
    let mut twin = plain.clone();
    let over = Table::of(over)?;
    twin.take("sabotage");
    twin.take("unsabotaged");
    if over.entries.contains_key("expect") {
        twin.take("expect");
    }
    // A twin that changes something of a shared build gets a build of its own.
    let changes_build = over
        .entries
        .keys()
        .any(|key| BUILD_KEYS.contains(&key.as_str()));
    if changes_build && let Some(item) = twin.take("build") {
        twin.overlay(context.shared(item)?.table.clone());
    }
    twin.overlay(over);
    Ok(twin)
}

/// Checks the ids of a case and its twin, even if other keys of the case have faults.
fn unique_id(
    table: &Table,
    has_twin: bool,
    file: &str,
    text: &str,
    unique: &mut Unique,
) -> Result<(), Faults> {
    let Some(item) = table.entries.get("id").map(|entry| &entry.item) else {
        return Ok(());
    };
    let Node::Text(id) = &item.node else {
        return Ok(());
    };
    let span: &Span = &item.span;
    let place = format!("{file}:{}", position(text, span.start).0);
    let mut faults = Faults::default();
    faults.keep(unique.case(id, &place, span));
    if has_twin {
        faults.keep(unique.case(&format!("{id}-twin"), &place, span));
    }
    faults.or(())
}

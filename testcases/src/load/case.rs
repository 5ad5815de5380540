//! Reads one case.

use std::sync::Arc;

use super::build::{KEYS as BUILD_KEYS, build};
use super::check::{every_requirement_holds, observable, verified};
use super::context::{Context, id};
use super::error::position;
use super::expect::expectations;
use super::fallible::fallible;
use super::fault::{Fault, Faults, Span};
use super::item::{Entry, Item};
use super::table::Table;
use super::vectors::vectors;
use crate::model::{Build, Case, EapiSet, Origin};

const KEYS: [&str; 13] = [
    "id",
    "title",
    "section",
    "requirements",
    "eapis",
    "disputed",
    "undefined",
    "build",
    "vectors",
    "expect",
    "twin",
    "sabotage",
    "unsabotaged",
];

/// Reads a case; a twin may run in EAPIs in which its requirements do not hold.
pub(super) fn case(file: &mut Context<'_>, table: Table, is_twin: bool) -> Result<Case, Faults> {
    let mut table = table.only(KEYS.into_iter().chain(BUILD_KEYS));
    let id = table.required("id", id).unwrap_or_default();
    let title = table.required("title", Item::text);
    let section = section(&mut table, file);
    let (verified, eapis) = verified_in(&mut table, file, &id.span, is_twin);
    let expect = table.required("expect", |item| expectations(item, eapis, file.text));
    let vectors = table.read("vectors", vectors).map(Arc::new);
    let has_sabotage = table.entries.contains_key("sabotage");
    let unsabotaged = table.read("unsabotaged", |item| unsabotaged(item, has_sabotage));
    let disputed = table.text("disputed");
    let undefined = table.flag("undefined");
    let name = if is_twin {
        format!("{}-twin", id.value)
    } else {
        id.value
    };
    let has_own_build = !table.entries.contains_key("build") && !table.misspells("build");
    let builds = builds(file, &name, &mut table);
    if vectors.is_some() && !has_own_build {
        let message = "a case with vectors needs a build of its own";
        table.push(Fault::new(id.span.clone(), message));
    }
    if let (Some(expect), Some(builds)) = (&expect, &builds) {
        table.keep(observable(expect, &builds.plain));
        if !undefined {
            table.keep(fallible(expect, &builds.plain, eapis, &id.span));
        }
    }
    table.finish()?;
    let builds = builds.unwrap_or_default();
    Ok(Case {
        id: name,
        title: title.unwrap_or_default(),
        section,
        requirements: verified,
        eapis,
        disputed,
        undefined,
        build: builds.plain,
        vectors,
        expect: expect.into_iter().flatten().map(|it| it.value).collect(),
        sabotage: builds.sabotaged,
        unsabotaged,
        origin: Origin {
            file: file.name.to_owned(),
            line: position(file.text, id.span.start).0,
        },
    })
}

/// Reads the requirements of a case, and the EAPIs in which it runs.
fn verified_in(
    table: &mut Table,
    file: &Context<'_>,
    id: &Span,
    is_twin: bool,
) -> (Vec<String>, EapiSet) {
    let verified = table.required("requirements", |item| verified(file.catalogue, item));
    let range = verified.as_ref().map(|verified| verified.eapis);
    let own = table.read("eapis", |item| eapis(item, range.filter(|_| !is_twin)));
    let eapis = own.or(range);
    if let (Some(verified), Some(eapis), false) = (&verified, eapis, is_twin) {
        let hold = every_requirement_holds(file.catalogue, &verified.ids, eapis, id);
        table.keep(hold);
    }
    let ids = verified.unwrap_or_default().ids;
    (ids, eapis.unwrap_or_else(EapiSet::all))
}

fn section(table: &mut Table, file: &Context<'_>) -> String {
    let own = table.entries.contains_key("section") || table.misspells("section");
    if !own && file.section.is_none() {
        table.push_missing("section");
    }
    let own = table.text("section");
    own.or_else(|| file.section.clone()).unwrap_or_default()
}

fn eapis(item: Item, range: Option<EapiSet>) -> Result<EapiSet, Fault> {
    let span = item.span.clone();
    let eapis: EapiSet = item.text()?.parse().map_err(|e| Fault::at(&span, e))?;
    match range {
        Some(range) if !range.covers(eapis) => Err(Fault::new(
            span,
            format!("the requirements hold only in EAPI {range}"),
        )),
        _ => Ok(eapis),
    }
}

/// The reason why no sabotage can make the case fail.
fn unsabotaged(item: Item, has_sabotage: bool) -> Result<String, Fault> {
    let span = item.span.clone();
    let reason = item.text()?;
    if reason.trim().is_empty() {
        let message = "give the reason why no sabotage can make the case fail";
        Err(Fault::new(span, message))
    } else if has_sabotage {
        let message = "the case has a `sabotage` of its own: remove one of the two keys";
        Err(Fault::new(span, message))
    } else {
        Ok(reason)
    }
}

/// The builds of a case.
#[derive(Default)]
struct Builds {
    plain: Arc<Build>,
    /// The build with the case's own sabotage in it.
    sabotaged: Option<Arc<Build>>,
}

/// Reads the build in the case itself, or finds the shared one that the case names.
fn builds(file: &mut Context<'_>, name: &str, table: &mut Table) -> Option<Builds> {
    let mut own = table.split(&BUILD_KEYS);
    let sabotage = table.read("sabotage", Table::of);
    let plain = if let Some(item) = table.take("build") {
        if let Some((key, Entry { key_span, .. })) = own.entries.first() {
            let message = format!("move `{key}` into the shared build, or remove `build`");
            table.push(Fault::new(key_span.clone(), message));
        }
        let shared = table.keep(file.shared(item))?;
        own = shared.table.clone();
        // The faults of a shared build are reported once, where it is written.
        shared.build.clone()?
    } else if table.misspells("build") {
        return None;
    } else {
        let build = table.keep(build(name.to_owned(), own.clone()))?;
        if BUILD_KEYS.iter().any(|key| own.misspells(key)) {
            // What it lacks is not missing.
            return None;
        }
        Arc::new(build)
    };
    let sabotaged = sabotage.and_then(|over| {
        own.overlay(over);
        table.keep(build(format!("{name}-control"), own))
    });
    Some(Builds {
        plain,
        sabotaged: sabotaged.map(Arc::new),
    })
}

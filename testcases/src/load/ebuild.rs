//! Reads ebuilds.

use indexmap::IndexMap;

use super::content::contents;
use super::fault::{Fault, Faults, Span};
use super::item::{Entry, Item};
use super::table::{Table, unknown_key};
use crate::model::{Ebuild, Helper, MAIN, PHASES, is_name, is_phase};

/// The keys of an ebuild besides variables and phase functions.
const KEYS: [&str; 15] = [
    "package",
    "category",
    "name",
    "version",
    "repository",
    "eapi",
    "inherit",
    "header",
    "global",
    "text",
    "helper",
    "omit",
    "trace",
    "files",
    "like",
];

/// The tables of a build's ebuilds by handle: `ebuild` is the main one, `ebuilds` are the others.
pub(super) fn tables(table: &mut Table) -> IndexMap<String, (Span, Table)> {
    let mut tables = IndexMap::new();
    if let Some(item) = table.take("ebuild") {
        let span = item.span.clone();
        if let Some(ebuild) = table.keep(Table::of(item)) {
            tables.insert(MAIN.to_owned(), (span, ebuild));
        }
    }
    let others = table.read("ebuilds", Table::of);
    for (handle, Entry { key_span, item }) in others.into_iter().flat_map(|it| it.entries) {
        if !is_name(&handle) || handle == MAIN {
            let message = format!(
                "invalid handle `{handle}`: use lower-case letters, digits and hyphens; the main ebuild is `ebuild`"
            );
            table.push(Fault::new(key_span, message));
        } else if let Some(ebuild) = table.keep(Table::of(item)) {
            tables.insert(handle, (key_span, ebuild));
        }
    }
    tables
}

/// Reads the ebuilds. With the key `like` one starts from a copy of another.
pub(super) fn ebuilds(
    tables: &IndexMap<String, (Span, Table)>,
) -> Result<IndexMap<String, Ebuild>, Faults> {
    let mut faults = Faults::default();
    let mut ebuilds = IndexMap::new();
    for (handle, (span, table)) in tables {
        let whole = like(table.clone(), tables);
        let Some(whole) = faults.keep(whole) else {
            continue;
        };
        if let Some(ebuild) = faults.keep(ebuild(whole, span)) {
            ebuilds.insert(handle.clone(), ebuild);
        }
    }
    faults.or(ebuilds)
}

fn like(mut table: Table, tables: &IndexMap<String, (Span, Table)>) -> Result<Table, Fault> {
    let Some(item) = table.take("like") else {
        return Ok(table);
    };
    let span = item.span.clone();
    let like = item.text()?;
    let (_, mut base) = tables
        .get(&like)
        .cloned()
        .ok_or_else(|| Fault::new(span, format!("no ebuild has the handle `{like}`")))?;
    base.overlay(table);
    Ok(base)
}

fn ebuild(mut table: Table, span: &Span) -> Result<Ebuild, Faults> {
    let mut ebuild = Ebuild {
        package: table.text("package"),
        category: table.text("category"),
        name: table.text("name"),
        version: table.text("version").unwrap_or_else(|| "1".to_owned()),
        repository: table.text("repository"),
        eapi: table.text("eapi"),
        inherit: table.read("inherit", Item::texts).unwrap_or_default(),
        header: table.text("header").unwrap_or_default(),
        global: table.text("global").unwrap_or_default(),
        text: table.text("text"),
        helper: table.read("helper", helper).unwrap_or_default(),
        omit: table.read("omit", Item::texts).unwrap_or_default(),
        trace: table.flag("trace"),
        files: table.read("files", contents).unwrap_or_default(),
        ..Ebuild::default()
    };
    let others = std::mem::take(&mut table.entries);
    if ebuild.text.is_some() && !others.is_empty() {
        let message = "`text` is the whole ebuild: put everything into it";
        table.push(Fault::new(span.clone(), message));
    }
    for (key, Entry { key_span, item }) in others {
        if is_phase(&key) {
            let body = table.keep(item.text());
            ebuild.phases.extend(body.map(|body| (key, body)));
        } else if is_variable(&key) {
            let value = table.keep(item.text());
            ebuild.variables.extend(value.map(|value| (key, value)));
        } else {
            table.push(unknown(&key, &key_span));
        }
    }
    table.finish()?;
    Ok(ebuild)
}

fn unknown(key: &str, span: &Span) -> Fault {
    let phases = PHASES.iter().map(|(phase, _)| *phase);
    let known: Vec<&str> = phases.chain(KEYS).collect();
    let mut fault = unknown_key(key, span, &known);
    if !fault.message.ends_with('?') {
        fault.message.push_str(", or a variable in capital letters");
    }
    fault
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn helper(item: Item) -> Result<Helper, Fault> {
    let span = item.span.clone();
    match item.text()?.as_str() {
        "inherit" => Ok(Helper::Inherit),
        "inline" => Ok(Helper::Inline),
        "none" => Ok(Helper::None),
        _ => Err(Fault::new(span, "`helper` is one of inherit, inline, none")),
    }
}

//! Reads builds: ebuilds and what surrounds them.

use indexmap::IndexMap;

use super::content::{config, contents, distfiles, served};
use super::fault::Fault;
use super::item::{Entry, Item, Node, Span, Table};
use crate::address::is_name;
use crate::model::{Build, Ebuild, Helper, MAIN, Operation, Step, is_phase};

/// The keys of a build, which a case may hold beside its own.
pub(super) const KEYS: [&str; 16] = [
    "ebuild",
    "ebuilds",
    "eclasses",
    "distfiles",
    "served",
    "profile",
    "select-profile",
    "repository",
    "repositories",
    "root",
    "config",
    "steps",
    "input",
    "needs",
    "alone",
    "sabotage",
];

/// Reads a build's table.
pub(super) fn build(name: String, mut table: Table) -> Result<Build, Fault> {
    let ebuilds = ebuilds(&mut table)?;
    let steps = match table.take("steps") {
        Some(item) => steps(item, &ebuilds)?,
        None => vec![step("install", &ebuilds).map_err(|e| Fault::new(table.span.clone(), e))?],
    };
    let texts = |item: Item| item.table()?.each(|_, _, item| item.text());
    let build = Build {
        name,
        ebuilds,
        steps,
        eclasses: table.read("eclasses", texts)?.unwrap_or_default(),
        distfiles: table.read("distfiles", distfiles)?.unwrap_or_default(),
        served: table.read("served", served)?.unwrap_or_default(),
        profile: table.read("profile", contents)?.unwrap_or_default(),
        select_profile: table.text("select-profile")?,
        repository: table.read("repository", contents)?.unwrap_or_default(),
        repositories: table
            .read("repositories", |item| {
                item.table()?.each(|_, _, item| contents(item))
            })?
            .unwrap_or_default(),
        root: table.read("root", contents)?.unwrap_or_default(),
        config: table.read("config", config)?.unwrap_or_default(),
        input: table.read("input", input)?,
        needs: table.read("needs", Item::texts)?.unwrap_or_default(),
        alone: table.text("alone")?,
        sabotage: table.text("sabotage")?,
    };
    table.finish(&KEYS)?;
    Ok(build)
}

/// The most that is written to a pipe before anybody reads it.
const INPUT_BYTES: usize = 4096;

fn input(item: Item) -> Result<String, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    if text.len() > INPUT_BYTES {
        return Err(Fault::new(
            span,
            format!("standard input has at most {INPUT_BYTES} bytes"),
        ));
    }
    Ok(text)
}

/// `ebuild` is the main one, `ebuilds` are the others; `like` starts from a copy of another.
fn ebuilds(table: &mut Table) -> Result<IndexMap<String, Ebuild>, Fault> {
    let mut tables: IndexMap<String, (Span, Table)> = IndexMap::new();
    if let Some(item) = table.take("ebuild") {
        let span = item.span.clone();
        tables.insert(MAIN.to_owned(), (span, item.table()?));
    }
    if let Some(item) = table.take("ebuilds") {
        for (handle, Entry { key_span, item }) in item.table()?.entries {
            if !is_name(&handle) || handle == MAIN {
                let message = format!(
                    "`{handle}` is no handle: write lower-case letters, digits and hyphens; the main ebuild is `ebuild`"
                );
                return Err(Fault::new(key_span, message));
            }
            tables.insert(handle, (key_span, item.table()?));
        }
    }
    let originals = tables.clone();
    tables
        .into_iter()
        .map(|(handle, (span, mut table))| {
            if let Some(item) = table.take("like") {
                let like_span = item.span.clone();
                let like = item.text()?;
                let (_, mut base) = originals.get(&like).cloned().ok_or_else(|| {
                    Fault::new(like_span, format!("no ebuild has the handle `{like}`"))
                })?;
                base.overlay(table);
                table = base;
            }
            Ok((handle, ebuild(table, &span)?))
        })
        .collect()
}

fn ebuild(mut table: Table, span: &Span) -> Result<Ebuild, Fault> {
    let mut ebuild = Ebuild {
        package: table.text("package")?,
        category: table.text("category")?,
        name: table.text("name")?,
        version: table.text("version")?.unwrap_or_else(|| "1".to_owned()),
        repository: table.text("repository")?,
        eapi: table.text("eapi")?,
        inherit: table.read("inherit", Item::texts)?.unwrap_or_default(),
        header: table.text("header")?.unwrap_or_default(),
        global: table.text("global")?.unwrap_or_default(),
        text: table.text("text")?,
        helper: table.read("helper", helper)?.unwrap_or_default(),
        omit: table.read("omit", Item::texts)?.unwrap_or_default(),
        trace: table.flag("trace")?,
        files: table.read("files", contents)?.unwrap_or_default(),
        ..Ebuild::default()
    };
    if ebuild.text.is_some() && !table.entries.is_empty() {
        return Err(Fault::new(
            span.clone(),
            "`text` is the whole ebuild: put everything into it",
        ));
    }
    for (key, entry) in table.entries {
        if is_phase(&key) {
            ebuild.phases.insert(key, entry.item.text()?);
        } else if is_variable(&key) {
            ebuild.variables.insert(key, entry.item.text()?);
        } else {
            let message = format!(
                "unknown key `{key}`: an ebuild has variables in capitals, phase functions, and package, category, name, version, repository, eapi, inherit, header, global, text, helper, omit, trace, files, like"
            );
            return Err(Fault::new(entry.key_span, message));
        }
    }
    Ok(ebuild)
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
        _ => Err(Fault::new(
            span,
            "the helper is one of inherit, inline, none",
        )),
    }
}

fn steps(item: Item, ebuilds: &IndexMap<String, Ebuild>) -> Result<Vec<Step>, Fault> {
    let span = item.span.clone();
    let mut steps: Vec<Step> = Vec::new();
    for item in item.list()? {
        let span = item.span.clone();
        let read = match item.node {
            Node::Text(text) => step(&text, ebuilds).map_err(|e| Fault::new(span.clone(), e))?,
            _ => {
                return Err(Fault::new(
                    span,
                    "a step is a text: `install`, `upgrade new`, …",
                ));
            }
        };
        if steps.iter().any(|s| s.name == read.name) {
            let message = format!(
                "two steps are called `{}`: name one of them, as `again: {}`",
                read.name, read.name
            );
            return Err(Fault::new(span, message));
        }
        steps.push(read);
    }
    if steps.is_empty() {
        Err(Fault::new(span, "write one step at least"))
    } else {
        Ok(steps)
    }
}

/// Reads `[NAME: ]OPERATION [PACKAGE…]`; without packages it is the main ebuild.
fn step(text: &str, ebuilds: &IndexMap<String, Ebuild>) -> Result<Step, String> {
    let (name, rest) = match text.split_once(": ") {
        Some((name, rest)) if is_name(name) => (Some(name), rest),
        _ => (None, text),
    };
    let mut words = rest.split_whitespace();
    let word = words.next().unwrap_or_default();
    let operation = Operation::ALL
        .into_iter()
        .find(|operation| operation.word() == word)
        .ok_or_else(|| {
            let known = Operation::ALL.map(Operation::word).join(", ");
            format!("unknown operation `{word}`; known are {known}")
        })?;
    let mut packages: Vec<String> = words.map(str::to_owned).collect();
    if packages.is_empty() {
        packages.push(MAIN.to_owned());
    }
    for package in &packages {
        let is_specification = package.contains(['/', '@']);
        if !is_specification && !ebuilds.contains_key(package) {
            return Err(format!(
                "no ebuild has the handle `{package}`, and it is no package dependency specification"
            ));
        }
    }
    Ok(Step {
        name: name.unwrap_or(word).to_owned(),
        operation,
        packages,
    })
}

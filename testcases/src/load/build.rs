//! Reads builds.

use super::content::{config, contents, distfiles, served};
use super::ebuild::{ebuilds, tables};
use super::fault::{Fault, Faults};
use super::item::Item;
use super::steps::{install_main, steps};
use super::table::{Table, each};
use crate::model::{Build, MAIN};

/// The keys of a build, which a case may have besides its own.
pub(super) const KEYS: [&str; 17] = [
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
    "several-users",
    "alone",
    "prelude",
];

/// Reads the table of a build.
pub(super) fn build(name: String, table: Table) -> Result<Build, Faults> {
    let mut table = table.only(KEYS);
    // A misspelt key may be the table of the ebuild that a step names.
    let is_misspelt = table.misspells("ebuild") || table.misspells("ebuilds");
    let tables = tables(&mut table);
    let is_handle = |name: &str| is_misspelt || tables.contains_key(name);
    let ebuilds = table.keep(ebuilds(&tables));
    let steps = if table.entries.contains_key("steps") {
        table.read("steps", |item| steps(item, is_handle))
    } else {
        if !is_handle(MAIN) {
            let message =
                "the key `ebuild` is missing: without `steps` the main ebuild is installed";
            table.push(Fault::new(table.span.clone(), message));
        }
        Some(vec![install_main()])
    };
    let build = Build {
        name,
        ebuilds: ebuilds.unwrap_or_default(),
        steps: steps.unwrap_or_default(),
        eclasses: table.read("eclasses", texts).unwrap_or_default(),
        distfiles: table.read("distfiles", distfiles).unwrap_or_default(),
        served: table.read("served", served).unwrap_or_default(),
        profile: table.read("profile", contents).unwrap_or_default(),
        select_profile: table.text("select-profile"),
        repository: table.read("repository", contents).unwrap_or_default(),
        repositories: table
            .read("repositories", |item| {
                each(item, |_, _, item| contents(item))
            })
            .unwrap_or_default(),
        root: table.read("root", contents).unwrap_or_default(),
        config: table.read("config", config).unwrap_or_default(),
        input: table.read("input", input),
        needs: table.read("needs", Item::texts).unwrap_or_default(),
        several_users: table.flag("several-users"),
        alone: table.text("alone"),
        prelude: table.text("prelude"),
    };
    table.finish()?;
    Ok(build)
}

fn texts(item: Item) -> Result<indexmap::IndexMap<String, String>, Faults> {
    each(item, |_, _, item| item.text())
}

/// The most that a pipe takes before somebody reads it.
const INPUT_BYTES: usize = 4096;

fn input(item: Item) -> Result<String, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    if text.len() > INPUT_BYTES {
        let message = format!("standard input is limited to {INPUT_BYTES} bytes");
        return Err(Fault::new(span, message));
    }
    Ok(text)
}

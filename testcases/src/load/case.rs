//! Reads cases, with their twins and controls.

use std::sync::Arc;

use indexmap::IndexMap;

use super::build::{KEYS as BUILD_KEYS, build};
use super::check::{self, Checked};
use super::expect::expectations;
use super::fault::{Fault, position};
use super::item::{Entry, Item, Span, Table};
use super::vectors::vectors;
use crate::address::is_name;
use crate::eapi::EapiSet;
use crate::model::{Build, Case, Control, Origin};
use crate::requirement::Catalogue;

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
    "control",
    "uncontrolled",
];

/// What a case file gives its cases.
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) catalogue: &'a Catalogue,
    section: Option<String>,
    /// Tables of the shared builds, with the build read from each.
    builds: IndexMap<String, (Table, Arc<Build>)>,
}

/// Reads all cases of a file.
pub(super) fn cases(
    name: &str,
    text: &str,
    mut table: Table,
    catalogue: &Catalogue,
) -> Result<Vec<(Span, Case)>, Fault> {
    let section = table.text("section")?;
    let builds = match table.take("build") {
        Some(item) => shared_builds(item)?,
        None => IndexMap::new(),
    };
    let file = File {
        name,
        text,
        catalogue,
        section,
        builds,
    };
    let items = table.read("case", Item::list)?.unwrap_or_default();
    table.finish(&["section", "build", "case"])?;
    let mut cases = Vec::new();
    for item in items {
        file.case_with_twin(item.table()?, &mut cases)?;
    }
    let unused = file
        .builds
        .values()
        .find(|(_, build)| Arc::strong_count(build) == 1);
    match unused {
        Some((table, build)) => Err(Fault::new(
            table.span.clone(),
            format!("no case uses the build `{}`", build.name),
        )),
        None => Ok(cases),
    }
}

fn shared_builds(item: Item) -> Result<IndexMap<String, (Table, Arc<Build>)>, Fault> {
    item.table()?.each(|name, span, item| {
        check_id(name, &span)?;
        let table = item.table()?;
        Ok((table.clone(), Arc::new(build(name.to_owned(), table)?)))
    })
}

fn check_id(id: &str, span: &Span) -> Result<(), Fault> {
    if is_name(id) {
        Ok(())
    } else {
        Err(Fault::new(
            span.clone(),
            format!("`{id}` is no id: write lower-case letters, digits and hyphens"),
        ))
    }
}

/// Why no sabotage can show that the case fails.
fn uncontrolled(table: &mut Table) -> Result<Option<String>, Fault> {
    let Some(item) = table.take("uncontrolled") else {
        return Ok(None);
    };
    let span = item.span.clone();
    let reason = item.text()?;
    if reason.trim().is_empty() {
        let message = "say why no sabotage can show that the case fails";
        Err(Fault::new(span, message))
    } else if table.entries.contains_key("control") {
        let message = "the case has a `control` of its own: leave one of both out";
        Err(Fault::new(span, message))
    } else {
        Ok(Some(reason))
    }
}

impl File<'_> {
    fn case_with_twin(&self, table: Table, into: &mut Vec<(Span, Case)>) -> Result<(), Fault> {
        let mut plain = table;
        let twin = plain.take("twin");
        if let Some(item) = twin {
            let mut twin = plain.clone();
            let mut over = item.table()?;
            twin.entries.shift_remove("control");
            twin.entries.shift_remove("uncontrolled");
            if over.entries.contains_key("expect") {
                twin.entries.shift_remove("expect");
            }
            self.detach_build(&mut twin, &mut over)?;
            twin.overlay(over);
            into.push(self.case(plain, false)?);
            into.push(self.case(twin, true)?);
        } else {
            into.push(self.case(plain, false)?);
        }
        Ok(())
    }

    /// A twin that changes something of a shared build gets a build of its own.
    fn detach_build(&self, case: &mut Table, over: &mut Table) -> Result<(), Fault> {
        let changes = over
            .entries
            .keys()
            .any(|key| BUILD_KEYS.contains(&key.as_str()));
        if !changes {
            return Ok(());
        }
        if let Some(item) = case.take("build") {
            case.overlay(self.shared(item)?.0.clone());
        }
        Ok(())
    }

    fn shared(&self, item: Item) -> Result<&(Table, Arc<Build>), Fault> {
        let span = item.span.clone();
        let name = item.text()?;
        self.builds
            .get(&name)
            .ok_or_else(|| Fault::new(span, format!("this file has no build `{name}`")))
    }

    fn case(&self, mut table: Table, is_twin: bool) -> Result<(Span, Case), Fault> {
        let span = table.span.clone();
        let id_item = table.take("id");
        let id_item = table.required("id", id_item)?;
        let id_span = id_item.span.clone();
        let mut id = id_item.text()?;
        check_id(&id, &id_span)?;
        if is_twin {
            id.push_str("-twin");
        }
        let title = table.text("title")?;
        let requirements = table.take("requirements");
        let requirements = table.required("requirements", requirements)?;
        let range = check::range(self.catalogue, &requirements)?;
        let eapis = Self::eapis(&mut table, range, is_twin)?;
        let requirements = requirements.texts()?;
        if !is_twin {
            check::every_requirement_holds(self.catalogue, &requirements, eapis, &id_span)?;
        }
        let vectors = table.read("vectors", vectors)?.map(Arc::new);
        let expect = table.take("expect");
        let expect = table.required("expect", expect)?.table()?;
        let expect_span = expect.span.clone();
        let expect = expectations(expect, eapis, self.text)?;
        let uncontrolled = uncontrolled(&mut table)?;
        let control = table.take("control");
        let section = table.text("section")?.or_else(|| self.section.clone());
        let case = Case {
            title: table.required("title", title)?,
            section: table.required("section", section)?,
            disputed: table.text("disputed")?,
            undefined: table.flag("undefined")?,
            origin: Origin {
                file: self.name.to_owned(),
                line: position(self.text, id_span.start).0,
            },
            build: Arc::default(),
            control: None,
            uncontrolled,
            id,
            requirements,
            eapis,
            vectors,
            expect,
        };
        let case = self.with_build(case, &mut table, control)?;
        table.finish(&KEYS)?;
        Checked {
            case: &case,
            id: &id_span,
            expect: &expect_span,
        }
        .check()?;
        Ok((span, case))
    }

    fn eapis(table: &mut Table, range: EapiSet, is_twin: bool) -> Result<EapiSet, Fault> {
        let Some(item) = table.take("eapis") else {
            return Ok(range);
        };
        let span = item.span.clone();
        let eapis: EapiSet = item.text()?.parse().map_err(|e| Fault::at(&span, e))?;
        if is_twin || range.covers(eapis) {
            Ok(eapis)
        } else {
            Err(Fault::new(
                span,
                format!("the requirements hold in EAPI {range} only"),
            ))
        }
    }

    fn with_build(
        &self,
        mut case: Case,
        table: &mut Table,
        control: Option<Item>,
    ) -> Result<Case, Fault> {
        let mut own = table.split(&BUILD_KEYS);
        if let Some(item) = table.take("build") {
            if let Some((key, Entry { key_span, .. })) = own.entries.first() {
                let message =
                    format!("`{key}` belongs into the shared build, or leave `build` out");
                return Err(Fault::new(key_span.clone(), message));
            }
            let (shared, build) = self.shared(item)?;
            own = shared.clone();
            case.build = Arc::clone(build);
        } else {
            case.build = Arc::new(build(case.id.clone(), own.clone())?);
        }
        if let Some(item) = control {
            own.overlay(item.table()?);
            let build = Arc::new(build(format!("{}-control", case.id), own)?);
            case.control = Some(Control { build });
        }
        Ok(case)
    }
}

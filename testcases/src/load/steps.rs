//! Reads steps.

use super::fault::{Fault, Faults};
use super::item::Item;
use super::table::unknown;
use crate::model::{MAIN, Operation, Step, is_name};

/// The step of a build that names none.
pub(super) fn install_main() -> Step {
    Step {
        name: Operation::Install.word().to_owned(),
        operation: Operation::Install,
        packages: vec![MAIN.to_owned()],
    }
}

/// Reads a list of steps. `is_handle` tells which words are handles of ebuilds.
pub(super) fn steps(item: Item, is_handle: impl Fn(&str) -> bool) -> Result<Vec<Step>, Faults> {
    let span = item.span.clone();
    let mut faults = Faults::default();
    let mut steps: Vec<Step> = Vec::new();
    let items = item.list()?;
    if items.is_empty() {
        faults.push(Fault::new(span, "write at least one step"));
    }
    for item in items {
        let span = item.span.clone();
        let read = item.text().and_then(|text| {
            step(&text, &is_handle).map_err(|message| Fault::new(span.clone(), message))
        });
        let Some(read) = faults.keep(read) else {
            continue;
        };
        if steps.iter().any(|step| step.name == read.name) {
            let message = format!(
                "two steps have the name `{}`: name one of them, as in `again: {}`",
                read.name,
                read.operation.word()
            );
            faults.push(Fault::new(span, message));
        }
        steps.push(read);
    }
    faults.or(steps)
}

/// Reads `[NAME: ]OPERATION [PACKAGE…]`. Without packages it is the main ebuild.
fn step(text: &str, is_handle: impl Fn(&str) -> bool) -> Result<Step, String> {
    let (name, rest) = match text.split_once(": ") {
        Some((name, rest)) if is_name(name) => (Some(name), rest),
        _ => (None, text),
    };
    let mut words = rest.split_whitespace();
    let word = words.next().unwrap_or_default();
    let operation = Operation::ALL
        .into_iter()
        .find(|operation| operation.word() == word)
        .ok_or_else(|| unknown("operation", word, &Operation::ALL.map(Operation::word)))?;
    let mut packages: Vec<String> = words.map(str::to_owned).collect();
    if packages.is_empty() {
        packages.push(MAIN.to_owned());
    }
    for package in &packages {
        let is_specification = package.contains(['/', '@']);
        if !is_specification && !is_handle(package) {
            return Err(format!(
                "no ebuild has the handle `{package}`, and it is not a package dependency specification"
            ));
        }
    }
    Ok(Step {
        name: name.unwrap_or(word).to_owned(),
        operation,
        packages,
    })
}

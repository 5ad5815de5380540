//! `pmsts coverage --inputs`: which requirement about a command saw inputs of which class.

use std::collections::BTreeMap;

use pmsts_testcases::{
    Class, EapiChoice, Inputs, Requirement, Selection, Suite, Variant, expand, inputs, select,
};

use super::exit_code::ExitCode;
use super::{CliError, Format, print, print_json};

/// Runs `pmsts coverage --inputs`.
pub(super) fn cover(
    suite: &Suite,
    admit: impl Fn(&Requirement) -> bool,
    format: Format,
) -> Result<ExitCode, CliError> {
    let selection = Selection {
        eapis: EapiChoice::Boundary,
        ..Selection::default()
    };
    let expanded = expand(suite, &select(suite, &selection)?, Variant::Plain)?;
    let all = inputs(suite, &expanded, admit);
    match format {
        Format::Json => print_json(&all),
        Format::Human => {
            let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
            for class in all.iter().flat_map(|it| it.classes.keys()) {
                *classes.entry(*class).or_default() += 1;
            }
            print(&format!(
                "{} requirements about a command; of these saw an input of the class\n",
                all.len()
            ));
            for (class, count) in classes {
                print(&format!("  {:18} {count:4}\n", name(class)));
            }
            let few: Vec<&Inputs> = all.iter().filter(|it| it.are_too_few()).collect();
            if !few.is_empty() {
                print("fewer than three inputs, and no reason (`few-inputs`) in the catalogue:\n");
            }
            for it in few {
                print(&format!("  {} ({})\n", it.requirement, it.inputs));
            }
        }
    }
    Ok(ExitCode::Conforms)
}

/// The name of a class, as in the table of `testcases/README.md`.
fn name(class: Class) -> String {
    let name = serde_json::to_value(class).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

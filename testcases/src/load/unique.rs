//! Checks that ids of cases and names of builds are unique in the suite, because results are found
//! by them.

use std::collections::HashMap;

use super::fault::{Fault, Span};

/// The ids and names of the files read so far.
#[derive(Default)]
pub(super) struct Unique {
    /// The place of each case's id.
    cases: HashMap<String, String>,
    /// The file of each build's name.
    builds: HashMap<String, String>,
}

impl Unique {
    /// Adds the id of a case that is written at the place.
    pub(super) fn case(&mut self, id: &str, place: &str, span: &Span) -> Result<(), Fault> {
        match self.cases.insert(id.to_owned(), place.to_owned()) {
            Some(first) => Err(Fault::new(
                span.clone(),
                format!("duplicate id `{id}`: the case at {first} has it already"),
            )),
            None => Ok(()),
        }
    }

    /// Adds the name of a build of the file.
    pub(super) fn build(&mut self, name: &str, file: &str, span: &Span) -> Result<(), Fault> {
        match self.builds.insert(name.to_owned(), file.to_owned()) {
            Some(first) if first != file => Err(Fault::new(
                span.clone(),
                format!("duplicate build `{name}`: `{first}` has it already"),
            )),
            _ => Ok(()),
        }
    }
}

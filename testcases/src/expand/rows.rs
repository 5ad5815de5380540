//! The rows of vectors: a block between `@each@` and `@end@` is repeated for every row.

use super::names::{Names, UnknownName};
use crate::model::{Build, Row, Vectors};

const EACH: &str = "@each@";
const END: &str = "@end@";

/// The rows of an instance's vectors.
#[derive(Debug, Default)]
pub(super) struct Rows {
    columns: Vec<String>,
    rows: Vec<Row>,
}

impl Rows {
    /// The rows that the predicate accepts.
    pub(super) fn of(vectors: &Vectors, fitting: impl Fn(&&Row) -> bool) -> Self {
        Self {
            columns: vectors.columns.clone(),
            rows: vectors.rows.iter().filter(fitting).cloned().collect(),
        }
    }

    /// Whether the build repeats a block, so that all rows share one build.
    pub(super) fn has_block(build: &Build) -> bool {
        let ebuilds = build.ebuilds.values().flat_map(|e| {
            e.phases
                .values()
                .chain(&e.text)
                .chain([&e.global, &e.header])
        });
        ebuilds
            .chain(build.eclasses.values())
            .any(|text| text.contains(EACH))
    }

    /// Makes the columns (and `@row@`) stand for the row's values.
    pub(super) fn name_row(&self, names: &mut Names, row: Option<&Row>) {
        let Some(row) = row else { return };
        names.set("row", row.name.clone());
        for (column, value) in self.columns.iter().zip(&row.values) {
            names.set(column.clone(), value.clone());
        }
    }

    /// The text with each block repeated for every row, and all placeholders replaced.
    pub(super) fn expand(&self, text: &str, names: &Names) -> Result<String, UnknownName> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, block, after)) = block(rest) {
            expanded.push_str(&names.expand(before)?);
            for row in &self.rows {
                let mut names = names.clone();
                self.name_row(&mut names, Some(row));
                expanded.push_str(&names.expand(block)?);
            }
            rest = after;
        }
        expanded.push_str(&names.expand(rest)?);
        Ok(expanded)
    }
}

/// The first block: the text before it, the repeated text, and the text after it. Each mark is on a
/// line of its own.
fn block(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(EACH)?;
    let (block, after) = rest.split_once(END)?;
    let block = block.strip_prefix('\n').unwrap_or(block);
    Some((before, block, after.strip_prefix('\n').unwrap_or(after)))
}

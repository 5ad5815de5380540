//! Reads tables of vectors.

use super::fault::{Fault, Faults};
use super::item::{Item, Node};
use super::table::Table;
use crate::hash::hash;
use crate::model::{Row, Vectors};

/// The cell that ties a row to the newest EAPI of the case that the target claims.
const NEWEST: &str = "newest";

const KEYS: [&str; 2] = ["columns", "rows"];

/// The length in bytes of the longest row name that is made of a row's values.
const NAME_BYTES: usize = 40;

/// Reads `columns` and `rows`. The columns `name` and `eapis` are not placeholders: they name the
/// row and limit its EAPIs.
pub(super) fn vectors(item: Item) -> Result<Vectors, Faults> {
    let mut table = Table::of(item)?.only(KEYS);
    let columns = table.required("columns", Item::texts);
    let items = table.required("rows", Item::list);
    let mut rows: Vec<Row> = Vec::new();
    if let (Some(columns), Some(items)) = (&columns, &items) {
        if items.is_empty() {
            table.push(Fault::new(table.span.clone(), "write at least one row"));
        }
        for item in items {
            let Some(row) = table.keep(row(columns, item.clone())) else {
                continue;
            };
            if rows.iter().any(|other| other.name == row.name) {
                let message = format!(
                    "two rows have the name `{}`: give them a `name` column",
                    row.name
                );
                table.push(Fault::new(item.span.clone(), message));
            }
            rows.push(row);
        }
    }
    table.finish()?;
    let columns = columns
        .into_iter()
        .flatten()
        .filter(|column| column != "name" && column != "eapis")
        .collect();
    Ok(Vectors { columns, rows })
}

fn row(columns: &[String], item: Item) -> Result<Row, Faults> {
    let span = item.span.clone();
    let cells = item.list()?;
    if cells.len() != columns.len() {
        let message = format!(
            "{} columns, but {} values in this row",
            columns.len(),
            cells.len()
        );
        return Err(Fault::new(span, message).into());
    }
    let mut faults = Faults::default();
    let mut row = Row::default();
    let mut given_name = None;
    for (column, cell) in columns.iter().zip(cells) {
        let span = cell.span.clone();
        let text = match cell.node {
            Node::Number(number) => Ok(number.to_string()),
            _ => cell.text(),
        };
        let Some(text) = faults.keep(text) else {
            continue;
        };
        match column.as_str() {
            "name" => given_name = Some(text),
            "eapis" if text == NEWEST => row.newest = true,
            "eapis" => row.eapis = faults.keep(text.parse().map_err(|e| Fault::at(&span, e))),
            _ => row.values.push(text),
        }
    }
    row.name = given_name.unwrap_or_else(|| name_of(&row.values));
    faults.or(row)
}

/// A name made of the row's own values, so that adding a row changes no other row's id.
fn name_of(values: &[String]) -> String {
    let joined = values.join("-");
    let mut name = String::new();
    for c in joined.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || ".+_".contains(c) => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let plain = name.len() <= NAME_BYTES && name == joined;
    if plain {
        return name;
    }
    name.truncate(NAME_BYTES);
    format!("{}-{:08x}", name.trim_matches('-'), hash(&joined))
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn names_of_rows_come_from_their_values() {
        let name =
            |values: &[&str]| name_of(&values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>());
        assert_eq!(name(&["1.2", "lt", "1.3"]), "1.2-lt-1.3");
        assert_ne!(name(&["a b"]), name(&["a c"]));
        assert_ne!(name(&["a b"]), name(&["a-b"]));
        assert_ne!(name(&[&"x".repeat(60)]), name(&[&"x".repeat(61)]));
    }
}

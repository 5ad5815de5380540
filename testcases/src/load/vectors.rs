//! Reads tables of vectors.

use super::fault::Fault;
use super::item::{Item, Node};
use crate::model::{Row, Vectors};

const KEYS: [&str; 2] = ["columns", "rows"];

/// Longest row name that is made of a row's values, in bytes.
const NAME_BYTES: usize = 40;

/// Reads `columns` and `rows`; the columns `name` and `eapis` mean themselves.
pub(super) fn vectors(item: Item) -> Result<Vectors, Fault> {
    let mut table = item.table()?;
    let columns = table.read("columns", Item::texts)?;
    let columns = table.required("columns", columns)?;
    let rows = table.read("rows", Item::list)?;
    let items = table.required("rows", rows)?;
    let span = table.span.clone();
    table.finish(&KEYS)?;
    let mut rows: Vec<Row> = Vec::with_capacity(items.len());
    for item in items {
        let span = item.span.clone();
        let row = row(&columns, item)?;
        if rows.iter().any(|r| r.name == row.name) {
            let message = format!(
                "two rows are called `{}`: give them a `name` column",
                row.name
            );
            return Err(Fault::new(span, message));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Fault::new(span, "write one row at least"));
    }
    let columns = columns
        .into_iter()
        .filter(|c| c != "name" && c != "eapis")
        .collect();
    Ok(Vectors { columns, rows })
}

fn row(columns: &[String], item: Item) -> Result<Row, Fault> {
    let span = item.span.clone();
    let cells = item.list()?;
    if cells.len() != columns.len() {
        let message = format!(
            "{} columns, but {} values in this row",
            columns.len(),
            cells.len()
        );
        return Err(Fault::new(span, message));
    }
    let mut row = Row::default();
    let mut given_name = None;
    for (column, cell) in columns.iter().zip(cells) {
        let cell_span = cell.span.clone();
        let text = match cell.node {
            Node::Number(number) => number.to_string(),
            _ => cell.text()?,
        };
        match column.as_str() {
            "name" => given_name = Some(text),
            "eapis" => row.eapis = Some(text.parse().map_err(|e| Fault::at(&cell_span, e))?),
            _ => row.values.push(text),
        }
    }
    row.name = given_name.unwrap_or_else(|| name_of(&row.values));
    Ok(row)
}

/// A stable name made of the row's own values, so that a row added before it changes no other's id.
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
    format!(
        "{}-{:08x}",
        name.trim_matches('-'),
        crate::instance::hash(&joined)
    )
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

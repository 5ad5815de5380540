//! Reads expectations.

use super::attributes::{mode, nanoseconds, owner};
use super::error::position;
use super::fault::{Fault, Faults, all};
use super::item::{Item, Node, Placed};
use super::table::{Table, each, unknown};
use crate::model::{
    Address, Check, EapiSet, Ending, Expectation, FileCheck, FileKind, Pattern, Value, What,
};

const OPERATORS: [&str; 13] = [
    "equals",
    "one-of",
    "not",
    "matches",
    "matches-not",
    "absent",
    "set",
    "contains",
    "lacks",
    "ordered",
    "same-as",
    "differs-from",
    "recorded",
];

const FILE_KEYS: [&str; 8] = [
    "type",
    "mode",
    "owner",
    "content",
    "target",
    "mtime",
    "mtime-nanoseconds",
    "same-inode",
];

/// Reads the `expect` table of a case that runs in the EAPIs.
pub(super) fn expectations(
    item: Item,
    eapis: EapiSet,
    text: &str,
) -> Result<Vec<Placed<Expectation>>, Faults> {
    let span = item.span.clone();
    let read = each(item, |key, span, item| {
        let address: Address = key.parse().map_err(|e| Fault::at(span, e))?;
        let by_eapi = by_eapi(&address, item, eapis)?;
        let expectation = Expectation {
            address,
            by_eapi,
            line: position(text, span.start).0,
        };
        Ok::<_, Faults>(Placed {
            span: span.clone(),
            value: expectation,
        })
    })?;
    if read.is_empty() {
        return Err(Fault::new(span, "the case expects nothing").into());
    }
    Ok(read.into_values().collect())
}

/// Reads one check, or a table whose keys are EAPI ranges, with a check for each range.
fn by_eapi(address: &Address, item: Item, eapis: EapiSet) -> Result<Vec<(EapiSet, Check)>, Faults> {
    let ranges = match &item.node {
        Node::Table(entries) if !entries.is_empty() => entries
            .keys()
            .map(|key| key.parse::<EapiSet>().ok())
            .collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let Some(ranges) = ranges else {
        return Ok(vec![(eapis, check(address, item)?)]);
    };
    let mut faults = Faults::default();
    let mut seen = EapiSet::default();
    let mut checks = Vec::new();
    for (range, (_, entry)) in ranges.into_iter().zip(Table::of(item)?.entries) {
        if !seen.and(range).is_empty() {
            let message = format!("EAPI {} is in two ranges", seen.and(range));
            faults.push(Fault::new(entry.key_span, message));
        } else if range.and(eapis).is_empty() {
            let message = format!("the case does not run in EAPI {range}, only in {eapis}");
            faults.push(Fault::new(entry.key_span, message));
        }
        seen = seen.or(range);
        let check = faults.keep(check(address, entry.item));
        checks.extend(check.map(|check| (range, check)));
    }
    faults.or(checks)
}

fn check(address: &Address, item: Item) -> Result<Check, Faults> {
    match &address.what {
        What::Outcome => Ok(ending(item)?),
        What::Installed => Ok(Check::Is(item.bool()?)),
        What::File(_) => file(item).map(Check::File),
        What::Output => output(item),
        _ => value(item),
    }
}

/// Reads a check of the output. The PMS does not prescribe its wording, so only parts of it can be
/// checked.
fn output(item: Item) -> Result<Check, Faults> {
    let span = item.span.clone();
    match value(item)? {
        check @ (Check::Matches(_) | Check::Contains(_)) => Ok(check),
        _ => Err(Fault::new(span, "`output` takes only `matches` and `contains`").into()),
    }
}

fn ending(item: Item) -> Result<Check, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    Ending::read(&text).map(Check::Ending).ok_or_else(|| {
        let message = format!(
            "unknown outcome `{text}`: use succeeds, fails, refused, either or `dies in PHASE`"
        );
        Fault::new(span, message)
    })
}

fn value(item: Item) -> Result<Check, Faults> {
    match item.node {
        Node::Text(text) => Ok(Check::Equal(text.into())),
        Node::List(_) => values(item).map(Check::Sequence),
        Node::Table(_) => operator(Table::of(item)?),
        _ => Err(item.expected("a string, an array or a table").into()),
    }
}

fn values(item: Item) -> Result<Vec<Value>, Faults> {
    all(item
        .list()?
        .into_iter()
        .map(|item| item.text().map(Value::from)))
}

fn operator(table: Table) -> Result<Check, Faults> {
    let span = table.span.clone();
    let mut entries = table.entries.into_iter();
    let (Some((name, entry)), None) = (entries.next(), entries.next()) else {
        let message = format!("write exactly one operator: {}", OPERATORS.join(", "));
        return Err(Fault::new(span, message).into());
    };
    let item = entry.item;
    Ok(match name.as_str() {
        "equals" => Check::Equal(item.text()?.into()),
        "not" => Check::Not(item.text()?.into()),
        "one-of" => Check::OneOf(values(item)?),
        "matches" => Check::Matches(pattern(item)?),
        "matches-not" => Check::MatchesNot(pattern(item)?),
        "absent" => yes(item, Check::Absent)?,
        "recorded" => yes(item, Check::Recorded)?,
        "set" => Check::Set(words(item)?),
        "contains" => Check::Contains(words(item)?),
        "lacks" => Check::Lacks(words(item)?),
        "ordered" => Check::Ordered(words(item)?),
        "same-as" => Check::SameAs(other(item)?),
        "differs-from" => Check::DiffersFrom(other(item)?),
        _ => {
            let message = unknown("operator", &name, &OPERATORS);
            return Err(Fault::new(entry.key_span, message).into());
        }
    })
}

/// Reads words as a list, or as one text to split at white space.
fn words(item: Item) -> Result<Vec<String>, Faults> {
    match item.node {
        Node::Text(text) => Ok(text.split_whitespace().map(str::to_owned).collect()),
        _ => item.texts(),
    }
}

fn yes(item: Item, check: Check) -> Result<Check, Fault> {
    let span = item.span.clone();
    if item.bool()? {
        Ok(check)
    } else {
        Err(Fault::new(span, "this can only be true"))
    }
}

fn pattern(item: Item) -> Result<Pattern, Fault> {
    let span = item.span.clone();
    Pattern::new(&item.text()?).map_err(|e| Fault::at(&span, e))
}

fn other(item: Item) -> Result<Address, Fault> {
    let span = item.span.clone();
    item.text()?.parse().map_err(|e| Fault::at(&span, e))
}

fn file(item: Item) -> Result<FileCheck, Faults> {
    if let Node::Text(_) = item.node {
        return Ok(FileCheck {
            kind: Some(kind(item)?),
            ..FileCheck::default()
        });
    }
    let table = Table::of(item)?;
    if table.entries.is_empty() {
        return Err(Fault::new(table.span, "this expects nothing of the file").into());
    }
    let mut table = table.only(FILE_KEYS);
    let check = FileCheck {
        kind: table.read("type", kind),
        mode: table.read("mode", mode),
        owner: table.read("owner", owner),
        content: table.read("content", value).map(Box::new),
        target: table.text("target"),
        mtime_seconds: table.read("mtime", Item::number),
        mtime_nanoseconds: table.read("mtime-nanoseconds", nanoseconds),
        same_inode: table.text("same-inode"),
    };
    table.finish()?;
    Ok(check)
}

fn kind(item: Item) -> Result<FileKind, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    let kind = FileKind::WORDS.iter().find(|(word, _)| *word == text);
    kind.map(|(_, kind)| *kind).ok_or_else(|| {
        Fault::new(
            span,
            unknown("type", &text, &FileKind::WORDS.map(|it| it.0)),
        )
    })
}

//! Reads expectations.

use super::fault::{Fault, position};
use super::item::{Item, Node, Span, Table};
use crate::address::{Address, What};
use crate::eapi::EapiSet;
use crate::expect::{Check, Ending, Expectation, FileCheck, FileKind, Pattern};
use crate::value::Value;

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

/// Reads an `expect` table of a case that runs in the EAPIs.
pub(super) fn expectations(
    table: Table,
    eapis: EapiSet,
    text: &str,
) -> Result<Vec<Expectation>, Fault> {
    let read = table.each(|key, span, item| {
        let address: Address = key.parse().map_err(|e| Fault::at(&span, e))?;
        let by_eapi = by_eapi(&address, item, eapis)?;
        Ok(Expectation {
            address,
            by_eapi,
            line: position(text, span.start).0,
        })
    })?;
    Ok(read.into_values().collect())
}

/// A table whose keys are all EAPI ranges gives a check for each range.
fn by_eapi(address: &Address, item: Item, eapis: EapiSet) -> Result<Vec<(EapiSet, Check)>, Fault> {
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
    let mut seen = EapiSet::default();
    let mut checks = Vec::new();
    for (range, (_, entry)) in ranges.into_iter().zip(item.table()?.entries) {
        let complaint = if !seen.and(range).is_empty() {
            Some(format!("EAPI {} stands in two ranges", seen.and(range)))
        } else if range.and(eapis).is_empty() {
            Some(format!(
                "the case runs in EAPI {eapis}: nothing is expected in {range}"
            ))
        } else {
            None
        };
        if let Some(message) = complaint {
            return Err(Fault::new(entry.key_span, message));
        }
        seen = seen.or(range);
        checks.push((range, check(address, entry.item)?));
    }
    Ok(checks)
}

fn check(address: &Address, item: Item) -> Result<Check, Fault> {
    match &address.what {
        What::Outcome => ending(item),
        What::Installed => item.bool().map(Check::Is),
        What::File(_) => file(item).map(Check::File),
        What::Output => output(item),
        _ => value(item),
    }
}

/// How a package manager words what it prints is its own affair: only a part can be asked for.
fn output(item: Item) -> Result<Check, Fault> {
    let span = item.span.clone();
    match value(item)? {
        check @ (Check::Matches(_) | Check::Contains(_)) => Ok(check),
        _ => Err(Fault::new(
            span,
            "of an output only `matches` and `contains` can be asked",
        )),
    }
}

fn ending(item: Item) -> Result<Check, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    Ending::read(&text).map(Check::Ending).ok_or_else(|| {
        Fault::new(
            span,
            format!(
                "`{text}` is no outcome: write succeeds, fails, refused, either or `dies in PHASE`"
            ),
        )
    })
}

fn value(item: Item) -> Result<Check, Fault> {
    match item.node {
        Node::Text(text) => Ok(Check::Equal(text.into())),
        Node::List(_) => values(item).map(Check::Sequence),
        _ => operator(item.table()?),
    }
}

fn values(item: Item) -> Result<Vec<Value>, Fault> {
    Ok(item.texts()?.into_iter().map(Value::from).collect())
}

fn operator(table: Table) -> Result<Check, Fault> {
    let span = table.span.clone();
    let mut entries = table.entries.into_iter();
    let (Some((name, entry)), None) = (entries.next(), entries.next()) else {
        return Err(Fault::new(
            span,
            format!("write one operator: {}", OPERATORS.join(", ")),
        ));
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
            let known = OPERATORS.join(", ");
            return Err(Fault::new(
                entry.key_span,
                format!("unknown operator `{name}`; known are {known}"),
            ));
        }
    })
}

/// Words as a list, or as one text to split at white space.
fn words(item: Item) -> Result<Vec<String>, Fault> {
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

fn file(item: Item) -> Result<FileCheck, Fault> {
    if let Node::Text(_) = item.node {
        return Ok(FileCheck {
            kind: Some(kind(item)?),
            ..FileCheck::default()
        });
    }
    let mut table = item.table()?;
    let (mtime_seconds, mtime_nanoseconds) = (
        table.read("mtime", Item::number)?,
        table.read("mtime-nanoseconds", nanoseconds)?,
    );
    let check = FileCheck {
        kind: table.read("type", kind)?,
        mode: table.read("mode", mode)?,
        owner: table.read("owner", owner)?,
        content: table.read("content", value)?.map(Box::new),
        target: table.text("target")?,
        mtime_seconds,
        mtime_nanoseconds,
        same_inode: table.text("same-inode")?,
    };
    let span = table.span.clone();
    table.finish(&FILE_KEYS)?;
    if check == FileCheck::default() {
        return Err(Fault::new(span, "this expects nothing of the file"));
    }
    Ok(check)
}

fn kind(item: Item) -> Result<FileKind, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    FileKind::WORDS
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, kind)| *kind)
        .ok_or_else(|| {
            let known: Vec<&str> = FileKind::WORDS.iter().map(|(word, _)| *word).collect();
            Fault::new(
                span,
                format!("`{text}` is no type; known are {}", known.join(", ")),
            )
        })
}

/// Permission bits, written as octal text: `"4711"`.
pub(super) fn mode(item: Item) -> Result<u32, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    u32::from_str_radix(&text, 8)
        .ok()
        .filter(|mode| *mode <= 0o7777)
        .ok_or_else(|| Fault::new(span, format!("`{text}` is no mode: write octal, as `0755`")))
}

/// Owner and group, written as numbers: `"0:250"`.
pub(super) fn owner(item: Item) -> Result<(u32, u32), Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    text.split_once(':')
        .and_then(|(user, group)| Some((user.parse().ok()?, group.parse().ok()?)))
        .ok_or_else(|| {
            Fault::new(
                span,
                format!("`{text}` is no owner: write numbers, as `0:250`"),
            )
        })
}

pub(super) fn nanoseconds(item: Item) -> Result<u32, Fault> {
    let span: Span = item.span.clone();
    u32::try_from(item.number()?)
        .ok()
        .filter(|n| *n < 1_000_000_000)
        .ok_or_else(|| Fault::new(span, "nanoseconds are below 1,000,000,000"))
}

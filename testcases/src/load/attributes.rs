//! Reads modes, owners and times of files.

use super::fault::Fault;
use super::item::Item;

/// Reads permission bits, written as octal text: `"4711"`.
pub(super) fn mode(item: Item) -> Result<u32, Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    u32::from_str_radix(&text, 8)
        .ok()
        .filter(|mode| *mode <= 0o7777)
        .ok_or_else(|| {
            Fault::new(
                span,
                format!("invalid mode `{text}`: write octal digits, as in `0755`"),
            )
        })
}

/// Reads owner and group, written as numbers: `"0:250"`.
pub(super) fn owner(item: Item) -> Result<(u32, u32), Fault> {
    let span = item.span.clone();
    let text = item.text()?;
    text.split_once(':')
        .and_then(|(user, group)| Some((user.parse().ok()?, group.parse().ok()?)))
        .ok_or_else(|| {
            Fault::new(
                span,
                format!("invalid owner `{text}`: write numbers, as in `0:250`"),
            )
        })
}

/// Reads the part of a time below a second.
pub(super) fn nanoseconds(item: Item) -> Result<u32, Fault> {
    let span = item.span.clone();
    u32::try_from(item.number()?)
        .ok()
        .filter(|n| *n < 1_000_000_000)
        .ok_or_else(|| Fault::new(span, "nanoseconds must be from 0 to 999,999,999"))
}

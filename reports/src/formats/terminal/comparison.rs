//! What changed between two records, as text.

use anstyle::Style;
use pmsts_testcases::Compared;

use super::page::Page;
use super::styles::painted;
use crate::compare::{Change, Comparison, Entry, Pair, Side};
use crate::describe::text;

/// Entries of a list that are shown.
const ENTRIES: usize = 200;
/// Findings of an entry that are shown.
const FINDINGS: usize = 3;

pub(super) fn write(page: &mut Page<'_>, comparison: &Comparison) {
    for compared in &comparison.package_managers {
        one(page, compared);
    }
    if comparison.package_managers.is_empty() {
        page.prose(
            0,
            page.styles.warning,
            "the two records have no package manager in common",
        );
    }
    for (words, names) in [
        ("only in the old record", &comparison.only_old),
        ("only in the new record", &comparison.only_new),
    ] {
        if !names.is_empty() {
            page.prose(0, Style::new(), &format!("{words}: {}", names.join(", ")));
        }
    }
    for warning in &comparison.warnings {
        page.prose(0, page.styles.warning, warning);
    }
}

fn one(page: &mut Page<'_>, compared: &Pair) {
    let Pair {
        old_target,
        new_target,
        ..
    } = compared;
    page.heading(&if old_target == new_target {
        new_target.clone()
    } else {
        format!("{old_target} → {new_target}")
    });
    for change in Change::ALL {
        let entries = compared.list(change);
        if entries.is_empty() {
            continue;
        }
        let style = style(page, change);
        page.prose(2, style, &format!("{} {}", entries.len(), change.words()));
        for entry in entries.iter().take(ENTRIES) {
            write_entry(page, change, entry);
        }
        if entries.len() > ENTRIES {
            let more = format!("and {} more", entries.len() - ENTRIES);
            page.prose(4, Style::new(), &more);
        }
    }
    page.prose(2, page.styles.dim, &format!("{} the same", compared.same));
}

fn style(page: &Page<'_>, change: Change) -> Style {
    match change {
        Change::NewlyFailing => page.styles.bad,
        Change::NewlyPassing => page.styles.good,
        Change::Changed | Change::New | Change::Gone => page.styles.heading,
    }
}

fn write_entry(page: &mut Page<'_>, change: Change, entry: &Entry) {
    let verdicts = [&entry.before, &entry.after].map(|side| {
        let side = side.as_ref()?;
        Some(painted(page.styles.of(side.verdict), side.verdict.words()))
    });
    let id = text::line(&entry.id);
    page.raw(&match verdicts {
        [Some(old), Some(new)] if old != new => format!("    {id}  {old} → {new}"),
        [Some(one), _] | [None, Some(one)] => format!("    {id}  {one}"),
        [None, None] => format!("    {id}"),
    });
    if matches!(change, Change::NewlyPassing | Change::Gone) {
        return;
    }
    let compared = entry.after.iter().flat_map(|side| &side.compared);
    for compared in compared.take(FINDINGS) {
        write_finding(page, compared, entry.before.as_ref());
    }
    if let Some(reason) = entry.after.as_ref().and_then(|side| side.reason.as_ref()) {
        page.prose(6, Style::new(), reason);
    }
    if change == Change::NewlyFailing {
        page.raw(&format!(
            "      {}",
            painted(page.styles.dim, &format!("again: {}", entry.again))
        ));
    }
}

fn write_finding(page: &mut Page<'_>, compared: &Compared, before: Option<&Side>) {
    let value = |f: &Compared| {
        f.actual
            .as_ref()
            .map_or("nothing".to_owned(), |v| format!("`{v}`"))
    };
    page.prose(6, Style::new(), &compared.address);
    page.cut(
        8,
        Style::new(),
        &text::line(&format!("expected {}", compared.expected)),
        0,
    );
    let mut old = before.iter().flat_map(|side| &side.compared);
    if let Some(old) = old.find(|f| f.address == compared.address && f.actual != compared.actual) {
        page.cut(8, Style::new(), &format!("was      {}", value(old)), 0);
    }
    page.cut(8, Style::new(), &format!("is       {}", value(compared)), 0);
}

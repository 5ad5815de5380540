//! The comparison of two records as text.

use anstyle::Style;
use pmsts_testcases::Compared;

use super::styles::painted;
use super::writer::Writer;
use crate::compare::{Change, Comparison, Entry, Pair, Side};
use crate::describe::text;

/// Maximum number of instances shown for each kind of change.
const ENTRIES: usize = 200;
/// Maximum number of values shown for an instance.
const VALUES: usize = 3;

/// Writes the comparison.
pub(super) fn write(out: &mut Writer<'_>, comparison: &Comparison) {
    if !comparison.surroundings.is_empty() {
        out.heading("what else differs between the runs");
        for difference in &comparison.surroundings {
            out.prose(2, out.styles.warning, difference);
        }
    }
    for pair in &comparison.package_managers {
        write_pair(out, pair);
    }
    if comparison.package_managers.is_empty() {
        out.prose(
            0,
            out.styles.warning,
            "the two records have no package manager in common",
        );
    }
    for (words, names) in [
        ("only in the old record", &comparison.only_old),
        ("only in the new record", &comparison.only_new),
    ] {
        if !names.is_empty() {
            out.prose(0, Style::new(), &format!("{words}: {}", names.join(", ")));
        }
    }
    for warning in &comparison.warnings {
        out.prose(0, out.styles.warning, warning);
    }
}

fn write_pair(out: &mut Writer<'_>, pair: &Pair) {
    let Pair {
        old_target,
        new_target,
        ..
    } = pair;
    out.heading(&if old_target == new_target {
        new_target.clone()
    } else {
        format!("{old_target} → {new_target}")
    });
    for change in Change::ALL {
        let entries = pair.list(change);
        if entries.is_empty() {
            continue;
        }
        let style = style(out, change);
        out.prose(2, style, &format!("{} {}", entries.len(), change.words()));
        for entry in entries.iter().take(ENTRIES) {
            write_entry(out, change, entry);
        }
        if entries.len() > ENTRIES {
            let more = format!("and {} more", entries.len() - ENTRIES);
            out.prose(4, Style::new(), &more);
        }
    }
    out.prose(2, out.styles.dim, &format!("{} the same", pair.same));
}

fn style(out: &Writer<'_>, change: Change) -> Style {
    match change {
        Change::NewlyFailing => out.styles.bad,
        Change::NewlyPassing => out.styles.good,
        Change::Changed | Change::New | Change::Gone => out.styles.heading,
    }
}

fn write_entry(out: &mut Writer<'_>, change: Change, entry: &Entry) {
    let verdicts = [&entry.before, &entry.after].map(|side| {
        let side = side.as_ref()?;
        Some(painted(out.styles.of(side.verdict), side.verdict.words()))
    });
    let id = text::line(&entry.id);
    out.raw(&match verdicts {
        [Some(old), Some(new)] if old != new => format!("    {id}  {old} → {new}"),
        [Some(one), _] | [None, Some(one)] => format!("    {id}  {one}"),
        [None, None] => format!("    {id}"),
    });
    if matches!(change, Change::NewlyPassing | Change::Gone) {
        return;
    }
    let compared = entry.after.iter().flat_map(|side| &side.compared);
    for compared in compared.take(VALUES) {
        write_value(out, compared, entry.before.as_ref());
    }
    if let Some(reason) = entry.after.as_ref().and_then(|side| side.reason.as_ref()) {
        out.prose(6, Style::new(), reason);
    }
    if let Some(finding) = entry.after.as_ref().and_then(|side| side.finding.as_ref()) {
        out.prose(6, Style::new(), &format!("known finding {finding}"));
    }
    if change == Change::NewlyFailing {
        out.raw(&format!(
            "      {}",
            painted(out.styles.dim, &format!("run again: {}", entry.again))
        ));
    }
}

fn write_value(out: &mut Writer<'_>, compared: &Compared, before: Option<&Side>) {
    let value = |f: &Compared| {
        f.actual
            .as_ref()
            .map_or("not observed".to_owned(), |v| format!("`{v}`"))
    };
    out.prose(6, Style::new(), &compared.address);
    out.cut(
        8,
        Style::new(),
        &text::line(&format!("expected {}", compared.expected)),
        0,
    );
    let mut old = before.iter().flat_map(|side| &side.compared);
    if let Some(old) = old.find(|f| f.address == compared.address && f.actual != compared.actual) {
        out.cut(8, Style::new(), &format!("before   {}", value(old)), 0);
    }
    out.cut(8, Style::new(), &format!("after    {}", value(compared)), 0);
}

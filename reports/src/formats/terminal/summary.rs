//! The summary: notes on each target, and a table with the counts.

use std::collections::BTreeMap;

use anstyle::Style;
use pmsts_testcases::Verdict;
use textwrap::core::display_width;

use super::styles::{Styles, painted};
use super::writer::Writer;
use crate::describe::category::Category;
use crate::describe::text;
use crate::record::{Results, TargetRecord};

/// Writes what makes the record of a target incomplete or doubtful.
pub(super) fn faults(out: &mut Writer<'_>, target: &TargetRecord) {
    let name = &target.name;
    if let Some(missing) = target.missing() {
        let words = format!("{name} is incomplete: {missing}.");
        out.prose(0, out.styles.warning, &words);
    }
    for (reason, count) in &target.refused_messages {
        let words = format!("{name}: {count} messages refused: {reason}");
        out.prose(0, out.styles.warning, &words);
    }
}

/// Writes the notes on a target, and why instances did not run and messages were refused.
pub(super) fn reasons(out: &mut Writer<'_>, target: &TargetRecord) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for instance in &target.instances {
        if matches!(instance.verdict, Verdict::Skipped | Verdict::Unsupported) {
            let reason = instance.reason.as_deref().unwrap_or("no reason given");
            *counts
                .entry((instance.verdict.words(), reason))
                .or_default() += 1;
        }
    }
    let missing = target.missing();
    let silent = counts.is_empty() && target.refused_messages.is_empty() && target.notes.is_empty();
    if silent && missing.is_none() {
        return;
    }
    out.heading(&target.name);
    if let Some(missing) = missing {
        out.prose(2, Style::new(), &format!("Incomplete: {missing}."));
    }
    for note in &target.notes {
        out.prose(2, Style::new(), note);
    }
    for ((verdict, reason), count) in counts {
        out.prose(2, Style::new(), &format!("{count:4} {verdict}: {reason}"));
    }
    for (reason, count) in &target.refused_messages {
        out.prose(
            2,
            Style::new(),
            &format!("{count:4} messages refused: {reason}"),
        );
    }
}

/// Says how many verdicts of a target are of observations of earlier runs.
pub(super) fn reused(out: &mut Writer<'_>, target: &TargetRecord) {
    let all = target.instances.len();
    let reused = target.instances.iter().filter(|i| i.reused.is_some());
    let words = match reused.count() {
        0 => return,
        count => format!(
            "{}: {count} of {all} verdicts are of observations of earlier runs",
            text::line(&target.name)
        ),
    };
    out.prose(0, Style::new(), &words);
}

/// Writes the table of counts: a row for each target, or where that is too wide, a column for each.
pub(super) fn table(out: &mut Writer<'_>, results: &Results) {
    let names: Vec<String> = results
        .targets
        .iter()
        .map(|target| text::line(&target.name))
        .collect();
    let first = names
        .iter()
        .map(|n| display_width(n))
        .max()
        .unwrap_or_default()
        .max(15);
    let columns = Category::shown(&results.targets);
    let needed = first + columns.iter().map(|v| 2 + v.words().len()).sum::<usize>() + 2 + TIME;
    if needed <= out.width {
        wide(out, results, &names, first, &columns);
    } else {
        narrow(out, results, &names, &columns);
    }
    for (target, name) in results.targets.iter().zip(&names) {
        if let Some(broken) = &target.broken {
            out.prose(
                0,
                out.styles.warning,
                &format!("{name} could not run: {broken}"),
            );
        }
    }
    let flaky = results.targets.iter().flat_map(|target| &target.instances);
    let flaky: Vec<&str> = flaky.filter(|i| i.flaky).map(|i| i.id.as_str()).collect();
    if !flaky.is_empty() {
        let words = format!(
            "flaky (failed, and passed when retried): {}",
            flaky.join(" ")
        );
        out.prose(0, out.styles.warning, &words);
    }
    stores(out, results);
    repeats(out, results);
    if results.interrupted {
        out.prose(0, out.styles.warning, crate::describe::INTERRUPTED);
    }
}

/// Says what stores of others were used for.
fn stores(out: &mut Writer<'_>, results: &Results) {
    for it in &results.stores {
        let style = if it.refused || it.away.is_some() {
            out.styles.warning
        } else {
            Style::new()
        };
        out.prose(0, style, &text::line(&it.words()));
    }
}

fn repeats(out: &mut Writer<'_>, results: &Results) {
    let Some(repeats) = &results.repeats else {
        return;
    };
    for it in &repeats.differing {
        let verdicts: Vec<&str> = it.verdicts.iter().map(|v| v.words()).collect();
        let words = format!("{} {}: {}", it.target, it.id, verdicts.join(", "));
        out.prose(0, out.styles.warning, &words);
    }
    let words = match repeats.differing.len() {
        0 => format!("run {} times: no verdict differs", repeats.times),
        n => format!("run {} times: {n} verdicts differ", repeats.times),
    };
    out.prose(0, Style::new(), &words);
}

/// Width of a duration, in columns.
const TIME: usize = 8;

fn style(kind: Category, styles: &Styles) -> Style {
    match kind {
        Category::Verdict(verdict) => styles.of(verdict),
        Category::Lenient | Category::Stale => styles.warning,
        Category::Known => Style::new(),
    }
}

fn wide(
    out: &mut Writer<'_>,
    results: &Results,
    names: &[String],
    first: usize,
    columns: &[Category],
) {
    let words = columns.iter().map(|v| format!("  {}", v.words()));
    let head = format!(
        "{:first$}{}  {:>TIME$}",
        "package manager",
        words.collect::<String>(),
        "time"
    );
    out.heading(&head);
    for (target, name) in results.targets.iter().zip(names) {
        let mut line = format!("{name}{:pad$}", "", pad = first - display_width(name));
        for verdict in columns {
            line += &cell(out.styles, target, *verdict, verdict.words().len());
        }
        out.raw(&format!("{line}  {:>TIME$}", time(target)));
    }
}

/// Writes tables with a row for each category and a column for each target, as many as needed for all targets.
fn narrow(out: &mut Writer<'_>, results: &Results, names: &[String], verdicts: &[Category]) {
    let first = verdicts
        .iter()
        .map(|v| v.words().len())
        .max()
        .unwrap_or_default();
    let mut left: Vec<(&TargetRecord, &String)> = results.targets.iter().zip(names).collect();
    while !left.is_empty() {
        let mut space = out.width.saturating_sub(first);
        let fitting = left.iter().take_while(|(_, name)| {
            let fits = column(name) + 2 <= space;
            space = space.saturating_sub(column(name) + 2);
            fits
        });
        let fitting = fitting.count().max(1);
        let part: Vec<_> = left.drain(..fitting).collect();
        let heads = part
            .iter()
            .map(|(_, name)| format!("  {name:>width$}", width = column(name)));
        let head: String = std::iter::once(" ".repeat(first)).chain(heads).collect();
        out.raw("");
        out.raw(&painted(out.styles.heading, &head));
        for verdict in verdicts {
            let cells = part
                .iter()
                .map(|(target, name)| cell(out.styles, target, *verdict, column(name)));
            let cells: String = cells.collect();
            out.raw(&format!("{:first$}{cells}", verdict.words()));
        }
        let times = part
            .iter()
            .map(|(target, name)| format!("  {:>width$}", time(target), width = column(name)));
        out.raw(&format!(
            "{:first$}{}",
            "time",
            times.collect::<Vec<_>>().concat()
        ));
    }
}

fn column(name: &str) -> usize {
    display_width(name).max(TIME)
}

fn cell(styles: &Styles, target: &TargetRecord, what: Category, width: usize) -> String {
    let count = what.count(target);
    let style = if count == 0 {
        styles.dim
    } else {
        style(what, styles)
    };
    format!("  {}", painted(style, &format!("{count:>width$}")))
}

/// The wall time of a target: `1:05`, or with hours `1:01:05`.
fn time(target: &TargetRecord) -> String {
    let seconds = target.timing.wall_ms.div_ceil(1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

//! The instances that are problems, by section of the PMS, with expected and actual values.

use std::collections::BTreeMap;

use anstyle::Style;
use pmsts_testcases::Compared;
use textwrap::core::display_width;

use super::styles::painted;
use super::writer::Writer;
use crate::describe::alike::{Alike, FLAKY, add, bad, eapis, is_problem};
use crate::describe::diff::{self, Line};
use crate::describe::{repeat, text};
use crate::findings::last_line;
use crate::record::{Instance, LedgerNote, TargetRecord};

/// Maximum number of instances of a section that are shown in full.
const IN_FULL: usize = 12;
/// Maximum number of comparisons shown for an instance.
const COMPARISONS: usize = 8;
/// Maximum number of lines shown for a difference.
const DIFF_LINES: usize = 24;
/// Maximum number of lines shown for a value without a difference.
const VALUE_LINES: usize = 4;

/// Writes the problems of a target.
pub(super) fn write(out: &mut Writer<'_>, target: &TargetRecord) {
    // Cases where the package manager is only lenient come last.
    let mut sections: BTreeMap<(bool, &str, &str), Vec<Alike<'_>>> = BTreeMap::new();
    for instance in &target.instances {
        if is_problem(instance) && !instance.is_stale() {
            let section = (
                instance.lenient,
                instance.chapter.as_str(),
                instance.section.as_str(),
            );
            add(sections.entry(section).or_default(), instance);
        }
    }
    for ((lenient, chapter, section), groups) in sections {
        let accepts = if lenient {
            " · accepts what the PMS forbids ebuilds to do"
        } else {
            ""
        };
        out.heading(&format!("{} · {chapter} · {section}{accepts}", target.name));
        for alike in groups.iter().take(IN_FULL) {
            write_group(out, target, alike);
        }
        let more = groups.iter().skip(IN_FULL).flatten();
        let more: Vec<&str> = more.map(|i| i.id.as_str()).collect();
        if !more.is_empty() {
            let words = format!("and {} more: {}", more.len(), more.join(" "));
            out.prose(2, Style::new(), &words);
        }
    }
    stale(out, target);
}

/// Lists the instances that passed although the ledger lists them as failing.
fn stale(out: &mut Writer<'_>, target: &TargetRecord) {
    let ids = target
        .instances
        .iter()
        .filter_map(|i| i.is_stale().then_some(i.id.as_str()));
    let ids: Vec<&str> = ids.collect();
    if !ids.is_empty() {
        out.heading(&format!("{} · the ledger is stale", target.name));
        let words = format!("listed as failing, but passed: {}", ids.join(" "));
        out.prose(2, out.styles.warning, &words);
    }
}

fn write_group(out: &mut Writer<'_>, target: &TargetRecord, alike: &[&Instance]) {
    let [instance, others @ ..] = alike else {
        return;
    };
    let styles = *out.styles;
    let verdict = painted(styles.of(instance.verdict), instance.verdict.words());
    let id = painted(styles.heading, &text::line(&instance.id));
    out.raw(&format!("  {verdict}  {id}"));
    if !others.is_empty() {
        let words = format!("the same in EAPI {}", eapis(others));
        out.prose(6, Style::new(), &words);
    }
    out.prose(6, Style::new(), &instance.title);
    if let Some(reason) = &instance.reason {
        out.prose(6, Style::new(), reason);
    }
    if let Some(LedgerNote::Changed { how, .. }) = &instance.ledger {
        out.prose(
            6,
            Style::new(),
            &format!("it fails differently from the ledger: {how}"),
        );
    }
    if instance.flaky {
        out.prose(6, Style::new(), FLAKY);
    }
    if let Some(line) = exception(target, instance) {
        out.prose(6, Style::new(), &format!("exception: {line}"));
    }
    let bad: Vec<&Compared> = bad(instance).collect();
    for compared in bad.iter().take(COMPARISONS) {
        difference(out, compared);
    }
    if bad.len() > COMPARISONS {
        let more = format!("and {} more differences", bad.len() - COMPARISONS);
        out.prose(6, Style::new(), &more);
    }
    if let Some(disputed) = &instance.disputed {
        out.prose(6, Style::new(), &format!("disputed: {disputed}"));
    }
    // Not wrapped, so that it can be copied.
    let again = format!("run again: {}", repeat::command(target, alike));
    out.raw(&format!("      {}", painted(styles.dim, &again)));
}

/// The exception that the package manager died of.
pub(super) fn exception<'a>(target: &'a TargetRecord, instance: &Instance) -> Option<&'a str> {
    let build = target.builds.get(instance.build?)?;
    last_line(&build.log)
}

pub(super) fn difference(out: &mut Writer<'_>, compared: &Compared) {
    out.prose(6, Style::new(), &compared.address);
    match (&compared.exact, &compared.actual) {
        (Some(exact), Some(actual)) if [exact, actual].iter().any(|v| v.0.contains(&b'\n')) => {
            lines(out, &diff::lines(exact, actual));
        }
        (Some(exact), Some(actual)) => {
            let (exact, actual) = (format!("`{exact}`"), format!("`{actual}`"));
            let (from, _) = diff::shared(&exact, &actual);
            labelled(out, "expected ", &exact, from);
            labelled(out, "actual   ", &actual, from);
        }
        (_, actual) => {
            value(out, "expected ", &text::line(&compared.expected));
            let actual = actual
                .as_ref()
                .map_or("not observed".to_owned(), |v| format!("`{v}`"));
            value(out, "actual   ", &actual);
        }
    }
    if let Some(note) = &compared.note {
        out.prose(17, out.styles.dim, note);
    }
}

fn labelled(out: &mut Writer<'_>, label: &str, line: &str, from: usize) {
    out.cut(
        8,
        Style::new(),
        &format!("{label}{line}"),
        label.len() + from,
    );
}

/// Writes a value, wrapped to a few lines.
fn value(out: &mut Writer<'_>, label: &str, words: &str) {
    let indent = 8 + display_width(label);
    let wrapped = textwrap::wrap(words, out.space(indent));
    let more = wrapped.len().saturating_sub(VALUE_LINES);
    for (at, line) in wrapped.iter().take(VALUE_LINES).enumerate() {
        let label = if at == 0 { label } else { "" };
        let end = if at + 1 == VALUE_LINES && more > 0 {
            " …"
        } else {
            ""
        };
        out.raw(&format!(
            "{:8}{label:width$}{line}{end}",
            "",
            width = indent - 8
        ));
    }
}

fn lines(out: &mut Writer<'_>, lines: &[Line]) {
    let styles = *out.styles;
    out.raw(&format!(
        "{:8}{} {}",
        "",
        painted(styles.bad, "- expected"),
        painted(styles.good, "+ actual")
    ));
    for line in lines.iter().take(DIFF_LINES) {
        match line {
            Line::Same(text) => out.cut(8, Style::new(), &format!("  {text}"), 0),
            Line::Gap(count) => out.cut(8, styles.dim, &format!("  … {count} equal lines"), 0),
            Line::Differ(old, new) => {
                let (old, new) = (old.as_deref(), new.as_deref());
                let from = 2 + diff::shared(old.unwrap_or_default(), new.unwrap_or_default()).0;
                for (sign, style, text) in [('-', styles.bad, old), ('+', styles.good, new)] {
                    if let Some(text) = text {
                        out.cut(8, style, &format!("{sign} {text}"), from);
                    }
                }
            }
        }
    }
    if lines.len() > DIFF_LINES {
        let more = format!(
            "  … {} more lines, shown in the report",
            lines.len() - DIFF_LINES
        );
        out.cut(8, styles.dim, &more, 0);
    }
}

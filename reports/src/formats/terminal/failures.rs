//! What did not pass, by section of the PMS, with expected and actual.

use std::collections::BTreeMap;

use anstyle::Style;
use pmsts_testcases::Compared;
use textwrap::core::display_width;

use super::page::Page;
use super::styles::painted;
use crate::describe::alike::{Alike, add, bad, eapis, is_problem};
use crate::describe::diff::{self, Line};
use crate::describe::{repeat, text};
use crate::record::{Instance, LedgerNote, TargetRecord};

/// Instances of a section that are shown in full.
const IN_FULL: usize = 12;
/// Findings of an instance that are shown.
const FINDINGS: usize = 8;
/// Lines of a difference that are shown.
const DIFF_LINES: usize = 24;
/// Lines of a value that has nothing to be compared with.
const VALUE_LINES: usize = 4;

pub(super) fn write(page: &mut Page<'_>, target: &TargetRecord) {
    // What it accepts comes after what it departs from.
    let mut sections: BTreeMap<(bool, &str, &str), Vec<Alike<'_>>> = BTreeMap::new();
    for instance in &target.instances {
        if is_problem(instance) && instance.ledger != Some(LedgerNote::Stale) {
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
            " · accepts what ebuilds must not do"
        } else {
            ""
        };
        page.heading(&format!("{} · {chapter} · {section}{accepts}", target.name));
        for alike in groups.iter().take(IN_FULL) {
            one(page, target, alike);
        }
        let more = groups.iter().skip(IN_FULL).flatten();
        let more: Vec<&str> = more.map(|i| i.id.as_str()).collect();
        if !more.is_empty() {
            let words = format!("and {} more: {}", more.len(), more.join(" "));
            page.prose(2, Style::new(), &words);
        }
    }
    stale(page, target);
}

/// What the ledger knows as failing, and does not fail any more.
fn stale(page: &mut Page<'_>, target: &TargetRecord) {
    let ids = target.instances.iter().filter_map(|i| {
        let stale = i.ledger == Some(LedgerNote::Stale);
        stale.then_some(i.id.as_str())
    });
    let ids: Vec<&str> = ids.collect();
    if !ids.is_empty() {
        page.heading(&format!("{} · the ledger is stale", target.name));
        let words = format!("known to fail, and passed: {}", ids.join(" "));
        page.prose(2, page.styles.warning, &words);
    }
}

fn one(page: &mut Page<'_>, target: &TargetRecord, alike: &[&Instance]) {
    let [instance, others @ ..] = alike else {
        return;
    };
    let styles = *page.styles;
    let verdict = painted(styles.of(instance.verdict), instance.verdict.words());
    let id = painted(styles.heading, &text::line(&instance.id));
    page.raw(&format!("  {verdict}  {id}"));
    if !others.is_empty() {
        let words = format!("the same in EAPI {}", eapis(others));
        page.prose(6, Style::new(), &words);
    }
    page.prose(6, Style::new(), &instance.title);
    if let Some(reason) = &instance.reason {
        page.prose(6, Style::new(), reason);
    }
    if let Some(LedgerNote::Changed { how }) = &instance.ledger {
        page.prose(
            6,
            Style::new(),
            &format!("the ledger knows it otherwise: {how}"),
        );
    }
    if instance.flaky {
        page.prose(6, Style::new(), "flaky: it passed when tried again");
    }
    let bad: Vec<&Compared> = bad(instance).collect();
    for compared in bad.iter().take(FINDINGS) {
        difference(page, compared);
    }
    if bad.len() > FINDINGS {
        let more = format!("and {} more that differ", bad.len() - FINDINGS);
        page.prose(6, Style::new(), &more);
    }
    if let Some(disputed) = &instance.disputed {
        page.prose(6, Style::new(), &format!("disputed: {disputed}"));
    }
    // Whole, as it is copied.
    let again = format!("again: {}", repeat::command(target, alike));
    page.raw(&format!("      {}", painted(styles.dim, &again)));
}

fn difference(page: &mut Page<'_>, compared: &Compared) {
    page.prose(6, Style::new(), &compared.address);
    match (&compared.exact, &compared.actual) {
        (Some(exact), Some(actual)) if [exact, actual].iter().any(|v| v.0.contains(&b'\n')) => {
            lines(page, &diff::lines(exact, actual));
        }
        (Some(exact), Some(actual)) => {
            let (exact, actual) = (format!("`{exact}`"), format!("`{actual}`"));
            let (from, _) = diff::shared(&exact, &actual);
            labelled(page, "expected ", &exact, from);
            labelled(page, "actual   ", &actual, from);
        }
        (_, actual) => {
            value(page, "expected ", &text::line(&compared.expected));
            let actual = actual
                .as_ref()
                .map_or("nothing".to_owned(), |v| format!("`{v}`"));
            value(page, "actual   ", &actual);
        }
    }
    if let Some(note) = &compared.note {
        page.prose(17, page.styles.dim, note);
    }
}

fn labelled(page: &mut Page<'_>, label: &str, line: &str, from: usize) {
    page.cut(
        8,
        Style::new(),
        &format!("{label}{line}"),
        label.len() + from,
    );
}

/// A value in a few lines.
fn value(page: &mut Page<'_>, label: &str, words: &str) {
    let indent = 8 + display_width(label);
    let wrapped = textwrap::wrap(words, page.room(indent));
    let more = wrapped.len().saturating_sub(VALUE_LINES);
    for (at, line) in wrapped.iter().take(VALUE_LINES).enumerate() {
        let label = if at == 0 { label } else { "" };
        let end = if at + 1 == VALUE_LINES && more > 0 {
            " …"
        } else {
            ""
        };
        page.raw(&format!(
            "{:8}{label:width$}{line}{end}",
            "",
            width = indent - 8
        ));
    }
}

fn lines(page: &mut Page<'_>, lines: &[Line]) {
    let styles = *page.styles;
    page.raw(&format!(
        "{:8}{} {}",
        "",
        painted(styles.bad, "- expected"),
        painted(styles.good, "+ actual")
    ));
    for line in lines.iter().take(DIFF_LINES) {
        match line {
            Line::Same(text) => page.cut(8, Style::new(), &format!("  {text}"), 0),
            Line::Gap(count) => page.cut(8, styles.dim, &format!("  … {count} equal lines"), 0),
            Line::Differ(old, new) => {
                let (old, new) = (old.as_deref(), new.as_deref());
                let from = 2 + diff::shared(old.unwrap_or_default(), new.unwrap_or_default()).0;
                for (sign, style, text) in [('-', styles.bad, old), ('+', styles.good, new)] {
                    if let Some(text) = text {
                        page.cut(8, style, &format!("{sign} {text}"), from);
                    }
                }
            }
        }
    }
    if lines.len() > DIFF_LINES {
        let more = format!(
            "  … {} more lines: the report has them",
            lines.len() - DIFF_LINES
        );
        page.cut(8, styles.dim, &more, 0);
    }
}

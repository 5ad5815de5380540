//! The findings of a target: new ones with their first difference, known and stale ones as a number.

use std::collections::BTreeSet;

use anstyle::Style;
use pmsts_testcases::Section;

use super::failures::{difference, exception};
use super::styles::painted;
use super::writer::Writer;
use crate::describe::alike::{bad, eapis, is_problem};
use crate::describe::{repeat, text};
use crate::findings::{self, Known};
use crate::record::{Instance, LedgerNote, TargetRecord};

/// Maximum number of new findings shown.
const SHOWN: usize = 8;
/// Maximum number of cases named for a finding.
const CASES: usize = 6;

/// Writes the new findings of a target, and how many known and stale ones there are.
pub(super) fn write(out: &mut Writer<'_>, target: &TargetRecord) {
    // Faults of the harness are no findings, but hide whether there are some.
    let problems = target.instances.iter();
    let problems = problems.filter(|i| is_problem(i) && !i.is_stale());
    let new = findings::group(target, problems.collect());
    let known = findings::known(target);
    let stale = target.instances.iter().filter(|i| i.is_stale());
    let stale: Vec<&Instance> = stale.collect();
    if new.is_empty() && known.is_empty() && stale.is_empty() {
        return;
    }
    let count = match new.len() {
        0 => "no new finding".to_owned(),
        1 => "1 new finding".to_owned(),
        count => format!("{count} new findings"),
    };
    out.heading(&format!("{}: {count}", target.name));
    for finding in new.iter().take(SHOWN) {
        write_new(out, target, &finding.instances);
    }
    if new.len() > SHOWN {
        let more = format!("and {} more: --verbose lists them", new.len() - SHOWN);
        out.prose(2, Style::new(), &more);
    }
    count_known(out, &known);
    count_stale(out, &stale);
}

/// Writes a new finding: the first of its instances, how to repeat it, and what else belongs to it.
fn write_new(out: &mut Writer<'_>, target: &TargetRecord, instances: &[&Instance]) {
    let Some(first) = instances.first() else {
        return;
    };
    let styles = *out.styles;
    let of_case: Vec<&Instance> = instances
        .iter()
        .filter(|i| i.case == first.case && i.row == first.row)
        .copied()
        .collect();
    let verdict = painted(styles.of(first.verdict), first.verdict.words());
    let row = first
        .row
        .as_ref()
        .map_or(String::new(), |row| format!("[{row}]"));
    let id = painted(styles.heading, &text::line(&format!("{}{row}", first.case)));
    let section = text::line(&first.section);
    let number = Section::find(Some(&first.chapter), &first.section);
    let number = number.map_or(String::new(), |section| format!("{} ", section.number));
    out.raw(&format!(
        "  {verdict}  {id}  EAPI {} · {number}{section}",
        eapis(&of_case)
    ));
    out.prose(6, Style::new(), &first.title);
    if let Some(reason) = &first.reason {
        out.prose(6, Style::new(), reason);
    }
    if let Some(LedgerNote::Changed { how, .. }) = &first.ledger {
        let words = format!("it fails differently from the ledger: {how}");
        out.prose(6, Style::new(), &words);
    }
    if let Some(line) = exception(target, first) {
        out.prose(6, Style::new(), &format!("exception: {line}"));
    }
    if let Some(compared) = bad(first).next() {
        difference(out, compared);
    }
    also(out, instances, first);
    // Not wrapped, so that it can be copied.
    let again = format!("run again: {}", repeat::command(target, &of_case));
    out.raw(&format!("      {}", painted(styles.dim, &again)));
}

/// Writes the other cases of a finding.
fn also(out: &mut Writer<'_>, instances: &[&Instance], first: &Instance) {
    let cases = instances.iter().map(|i| i.case.as_str());
    let mut cases: BTreeSet<&str> = cases.collect();
    cases.remove(first.case.as_str());
    if cases.is_empty() {
        return;
    }
    let named: Vec<&str> = cases.iter().take(CASES).copied().collect();
    let more = match cases.len().saturating_sub(CASES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let words = format!("probably the same: {}{more}", named.join(" "));
    out.prose(6, Style::new(), &words);
}

fn count_known(out: &mut Writer<'_>, known: &[Known<'_>]) {
    if known.is_empty() {
        return;
    }
    let instances: usize = known.iter().map(|f| f.instances.len()).sum();
    let blocked: usize = known.iter().map(|f| f.blocked.len()).sum();
    let blocked = match blocked {
        0 => String::new(),
        count => format!(" ({count} more blocked by them)"),
    };
    let words = format!(
        "{}, {}{blocked}: --verbose lists them",
        counted(known.len(), "known finding"),
        counted(instances, "instance")
    );
    out.prose(2, Style::new(), &words);
    let mut instances = known.iter().flat_map(|f| &f.instances);
    if instances.any(|i| i.fails_the_run()) {
        let words = "known findings fail the run unless --ledger names their ledger";
        out.prose(2, out.styles.dim, words);
    }
}

fn count_stale(out: &mut Writer<'_>, stale: &[&Instance]) {
    if stale.is_empty() {
        return;
    }
    let findings: BTreeSet<&str> = stale
        .iter()
        .filter_map(|i| i.finding().map(|(id, _)| id))
        .collect();
    let words = format!(
        "the ledger is stale: {} of {} passed",
        counted(stale.len(), "instance"),
        counted(findings.len(), "known finding")
    );
    out.prose(2, out.styles.warning, &words);
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Lists the known findings of a target, a line each and its title.
pub(super) fn list_known(out: &mut Writer<'_>, target: &TargetRecord) {
    let known = findings::known(target);
    if known.is_empty() {
        return;
    }
    out.heading(&format!("{} · known findings", target.name));
    for finding in &known {
        let about = &finding.about;
        let since = about.began();
        let since = since.map_or(String::new(), |since| format!(", since {since}"));
        let count = counted(finding.instances.len(), "instance");
        let blocked = match finding.blocked.len() {
            0 => String::new(),
            blocked => format!(", blocks {blocked} more"),
        };
        let words = format!("{}: {}, {count}{blocked}{since}", finding.id, about.kind);
        out.prose(2, Style::new(), &words);
        out.prose(6, out.styles.dim, &about.title);
    }
}

//! The text at the end of a run: what failed, then a summary for each package manager. Readable
//! without colour; nothing that an ebuild sent reaches the terminal unescaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use pmsts_testcases::{Finding, Outcome, Value, Verdict};
use similar::{ChangeTag, TextDiff};

use crate::record::{Instance, Results, Run};

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const HEAD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Longest value shown in one line, in characters; a longer one is shown as a diff.
const LINE: usize = 160;
/// Most lines of a diff.
const DIFF_LINES: usize = 24;

/// The text for people, with styles; who prints it strips them where they are not wanted.
pub fn report(results: &Results, width: usize) -> String {
    let mut out = String::new();
    for run in &results.runs {
        failures(&mut out, run, width);
    }
    for run in &results.runs {
        reasons(&mut out, run);
    }
    summary(&mut out, results);
    out
}

fn failures(out: &mut String, run: &Run, width: usize) {
    let mut by_section: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
    for instance in &run.instances {
        if instance.verdict.is_failure() || instance.verdict == Verdict::Error {
            by_section
                .entry(&instance.section)
                .or_default()
                .push(instance);
        }
    }
    for (section, instances) in by_section {
        let _ = writeln!(out, "\n{HEAD}{} · {section}{HEAD:#}", run.domain);
        for instance in instances {
            one(out, run, instance, width);
        }
    }
}

fn one(out: &mut String, run: &Run, instance: &Instance, width: usize) {
    let words = instance.verdict.words();
    let _ = writeln!(
        out,
        "{BAD}{words:>12}{BAD:#}  {HEAD}{}{HEAD:#}  {}",
        instance.id, instance.title
    );
    if let Some(reason) = &instance.reason {
        let _ = writeln!(out, "              {}", Value::from(reason.as_str()));
    }
    for finding in instance.findings.iter().filter(|f| bad(f)) {
        difference(out, finding, width);
    }
    if let Some(disputed) = &instance.disputed {
        let _ = writeln!(out, "              disputed: {disputed}");
    }
    let _ = writeln!(out, "              {DIM}{}{DIM:#}", repeat(run, instance));
}

fn bad(finding: &Finding) -> bool {
    matches!(finding.outcome, Outcome::Differs | Outcome::Missing)
}

fn difference(out: &mut String, finding: &Finding, width: usize) {
    let _ = writeln!(out, "              {}", finding.address);
    if let (Some(exact), Some(actual)) = (&finding.exact, &finding.actual)
        && (exact.0.len().max(actual.0.len()) > LINE || actual.0.contains(&b'\n'))
    {
        return diff(out, exact, actual, width);
    }
    let _ = writeln!(
        out,
        "                expected {}",
        cut(&finding.expected, width)
    );
    match &finding.actual {
        Some(actual) => {
            let _ = writeln!(
                out,
                "                actual   {}",
                cut(&format!("`{actual}`"), width)
            );
        }
        None => {
            let _ = writeln!(out, "                actual   nothing");
        }
    }
    if let Some(note) = &finding.note {
        let _ = writeln!(
            out,
            "                         {}",
            Value::from(note.as_str())
        );
    }
}

fn diff(out: &mut String, exact: &Value, actual: &Value, width: usize) {
    let (exact, actual) = (exact.text(), actual.text());
    let diff = TextDiff::from_lines(exact.as_ref(), actual.as_ref());
    let changes: Vec<_> = diff.iter_all_changes().collect();
    for change in changes.iter().take(DIFF_LINES) {
        let line = Value::from(change.value().trim_end_matches('\n'));
        let (sign, style) = match change.tag() {
            ChangeTag::Equal => (' ', Style::new()),
            ChangeTag::Delete => ('-', BAD),
            ChangeTag::Insert => ('+', GOOD),
        };
        let line = cut(&line.printable(), width);
        let _ = writeln!(out, "                {style}{sign}{line}{style:#}");
    }
    if changes.len() > DIFF_LINES {
        let more = changes.len() - DIFF_LINES;
        let _ = writeln!(out, "                … {more} more lines in the report");
    }
}

fn cut(text: &str, width: usize) -> String {
    let room = width.saturating_sub(26).max(40);
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room - 1).chain(['…']).collect()
}

/// The command that runs just this again.
pub fn repeat(run: &Run, instance: &Instance) -> String {
    format!(
        "pmsts run --pm {} --eapi {} '{}'",
        run.spec, instance.eapi, instance.case
    )
}

fn reasons(out: &mut String, run: &Run) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for instance in &run.instances {
        if matches!(instance.verdict, Verdict::Skipped | Verdict::Unsupported) {
            let reason = instance.reason.as_deref().unwrap_or("no reason given");
            *counts
                .entry((instance.verdict.words(), reason))
                .or_default() += 1;
        }
    }
    if counts.is_empty() && run.refused_messages.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{HEAD}{}{HEAD:#}", run.domain);
    for ((verdict, reason), count) in counts {
        let _ = writeln!(out, "  {count:4} {verdict}: {reason}");
    }
    for (reason, count) in &run.refused_messages {
        let _ = writeln!(
            out,
            "  {count:4} messages refused: {}",
            Value::from(reason.as_str())
        );
    }
}

fn summary(out: &mut String, results: &Results) {
    let width = results
        .runs
        .iter()
        .map(|r| r.domain.len())
        .max()
        .unwrap_or_default()
        .max(15);
    let _ = write!(out, "\n{HEAD}{:width$}", "package manager");
    for verdict in Verdict::ALL {
        let _ = write!(out, " {:>12}", verdict.words());
    }
    let _ = writeln!(out, " {:>9}{HEAD:#}", "time");
    for run in &results.runs {
        let _ = write!(out, "{:width$}", run.domain);
        for verdict in Verdict::ALL {
            let count = run
                .instances
                .iter()
                .filter(|i| i.verdict == verdict)
                .count();
            let style = match verdict {
                _ if count == 0 => DIM,
                Verdict::Passed => GOOD,
                v if v.is_failure() || v == Verdict::Error => BAD,
                _ => Style::new(),
            };
            let _ = write!(out, " {style}{count:>12}{style:#}");
        }
        let seconds = run.timing.wall_ms / 1000;
        let _ = writeln!(
            out,
            " {:>9}",
            format!("{}:{:02}", seconds / 60, seconds % 60)
        );
        if let Some(broken) = &run.broken {
            let _ = writeln!(out, "  {BAD}broken{BAD:#}: {broken}");
        }
    }
    if results.interrupted {
        let _ = writeln!(
            out,
            "{BAD}interrupted{BAD:#}: what is here is true, but not all"
        );
    }
}

//! The text of a bug report, as Markdown or as plain text for Bugzilla.

use pmsts_reports::record::{Instance, StepRecord};
use pmsts_testcases::{Outcome, PMS_PAGE, Section};

use super::{Bug, plain::plain};

/// The last lines of output that a report holds.
const OUTPUT_LINES: usize = 20;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Markdown.
    Markdown,
    /// Plain text, as Bugzilla shows it.
    Plain,
}

impl Markup {
    fn heading(self, words: &str) -> String {
        match self {
            Self::Markdown => format!("\n## {words}\n\n"),
            Self::Plain => format!("\n{words}:\n\n"),
        }
    }

    fn block(self, text: &str) -> String {
        let text = text.trim_end();
        match self {
            Self::Markdown => {
                // A fence that is longer than any in the text.
                let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
                let fence = "`".repeat(longest.max(2) + 1);
                format!("{fence}\n{text}\n{fence}\n")
            }
            Self::Plain => text.lines().map(indented).collect(),
        }
    }
}

/// A line of a block in plain text.
fn indented(line: &str) -> String {
    format!("{}\n", format!("    {line}").trim_end())
}

/// The text of a bug report.
pub(super) fn text(bug: &Bug<'_>, markup: Markup) -> String {
    let Bug {
        target,
        instance,
        finding,
        ..
    } = bug;
    let title = finding.map_or_else(
        || format!("Not so: {}", instance.title),
        |finding| finding.title.clone(),
    );
    let title = format!("{} {}: {title}", target.pm, target.version);
    let mut out = match markup {
        Markup::Markdown => format!("# {title}\n\n"),
        Markup::Plain => format!("{title}\n\n"),
    };
    if let Some(finding) = finding {
        out.push_str(&format!("{}\n\n", finding.reason));
    } else if let Some(disputed) = &instance.disputed {
        out.push_str(&format!("The text can be read in two ways. {disputed}\n\n"));
    }
    out.push_str(&about(bug));
    out.push_str(&steps(bug, markup));
    out.push_str(&markup.heading("Expected and actual"));
    out.push_str(&markup.block(&compared(instance)));
    out.push_str(&output(bug, markup));
    out.push_str("\nFound by the PMS Test Suite: case ");
    out.push_str(&format!("{}, EAPI {}.\n", instance.case, instance.eapi));
    out
}

/// Section, releases and place, a line each.
fn about(bug: &Bug<'_>) -> String {
    let Bug {
        target, instance, ..
    } = bug;
    let section = Section::find(Some(&instance.chapter), &instance.section);
    let section = section.map_or_else(|| instance.section.clone(), Section::name);
    let mut lines = vec![format!(
        "PMS: {section} ({PMS_PAGE}), EAPI {}",
        instance.eapi
    )];
    lines.push(format!(
        "Seen with: {} {}, Bash {}",
        target.pm, target.version, target.bash
    ));
    if let Some(finding) = bug.finding {
        lines.extend(finding.began().map(|since| format!("Since: {since}")));
        lines.extend(
            finding
                .source
                .iter()
                .map(|source| format!("Source: {source}")),
        );
        lines.extend(finding.bug.iter().map(|bug| format!("See also: {bug}")));
    }
    lines.iter().map(|line| format!("- {line}\n")).collect()
}

/// The files, and the commands of the package manager.
fn steps(bug: &Bug<'_>, markup: Markup) -> String {
    let mut out = markup.heading("Steps to reproduce");
    let source = bug.results.sources.get(&bug.instance.checksum);
    for (path, text) in source.iter().flat_map(|source| &source.files) {
        // The functions that phases report with; the plain ebuild calls none of them.
        if path.ends_with("/eclass/pmsts.eclass") {
            continue;
        }
        out.push_str(&format!("`{path}`:\n\n"));
        out.push_str(&markup.block(&plain(text)));
        out.push('\n');
    }
    let build = bug.instance.build.and_then(|at| bug.target.builds.get(at));
    let steps = build.iter().flat_map(|build| &build.steps);
    let steps: Vec<String> = steps.map(command).collect();
    if !steps.is_empty() {
        out.push_str("Then run:\n\n");
        out.push_str(&markup.block(&steps.join("\n")));
    }
    match markup {
        Markup::Markdown => out,
        Markup::Plain => out.replace('`', ""),
    }
}

/// The command of a step, with the program's name instead of its path in the testbed.
fn command(step: &StepRecord) -> String {
    let mut words = step.command.iter();
    let program = words
        .next()
        .map(|path| path.rsplit('/').next().unwrap_or(path));
    let words = program.into_iter().chain(words.map(String::as_str));
    let words: Vec<&str> = words.collect();
    format!("{}   # {}: {}", words.join(" "), step.name, step.ended)
}

/// The comparisons that failed.
fn compared(instance: &Instance) -> String {
    let mut out = String::new();
    for compared in &instance.compared {
        if !matches!(compared.outcome, Outcome::Differs | Outcome::Missing) {
            continue;
        }
        let actual = match (&compared.actual, &compared.note) {
            (Some(value), _) => format!("`{}`", value.printable()),
            (None, Some(note)) => format!("not observed ({note})"),
            (None, None) => "not observed".to_owned(),
        };
        out.push_str(&format!(
            "{}\n  expected {}\n  actual   {actual}\n",
            compared.address, compared.expected
        ));
    }
    if let (true, Some(reason)) = (out.is_empty(), &instance.reason) {
        out.push_str(reason);
    }
    out
}

/// The end of the package manager's output, where the build died.
fn output(bug: &Bug<'_>, markup: Markup) -> String {
    let build = bug.instance.build.and_then(|at| bug.target.builds.get(at));
    let failed = |step: &StepRecord| step.ended != "exit status 0";
    let Some(build) = build.filter(|build| build.steps.iter().any(failed)) else {
        return String::new();
    };
    let lines: Vec<&str> = build.log.lines().collect();
    let last = &lines[lines.len().saturating_sub(OUTPUT_LINES)..];
    if last.is_empty() {
        return String::new();
    }
    let mut out = markup.heading("End of the output");
    out.push_str(&markup.block(&last.join("\n")));
    out
}

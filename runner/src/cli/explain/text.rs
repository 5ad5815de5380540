//! Renders an explanation as text.

use super::known::Known;
use super::topic::Topic;
use super::{Example, Explained};

/// The explanation as text.
pub(super) fn of(it: &Explained<'_>) -> String {
    let mut out = format!("{} ({})\n  {}\n\n", it.id, it.kind, it.title);
    let mut line = |name: &str, value: &str| out.push_str(&format!("{name:<12}{value}\n"));
    line("section", &format!("{} · {}", it.chapter, it.section));
    line("EAPIs", &it.eapis);
    if let Some(file) = &it.file {
        line("file", file);
    }
    if let Some(disputed) = it.disputed {
        line("disputed", disputed);
    }
    if it.kind == "requirement" {
        for requirement in &it.requirements {
            line("checked by", &requirement.check);
            line(
                "cases",
                &if it.cases.is_empty() {
                    "none".to_owned()
                } else {
                    it.cases.join(", ")
                },
            );
        }
    } else {
        out.push_str("\nverifies\n");
        for requirement in &it.requirements {
            out.push_str(&format!(
                "  {} (EAPI {})\n    {}\n",
                requirement.id, requirement.eapis, requirement.statement
            ));
        }
    }
    if let Some(example) = &it.example {
        out.push_str(&example_text(example));
    }
    out.push_str(&findings_text(&it.findings));
    if !it.verdicts.is_empty() {
        out.push_str("\nlast verdicts\n");
        for said in &it.verdicts {
            let reason = said.reason.as_ref().map(|reason| format!("\n    {reason}"));
            out.push_str(&format!(
                "  {} {}: {} ({}){}\n",
                said.target,
                said.instance,
                said.verdict.words(),
                said.started,
                reason.unwrap_or_default()
            ));
        }
    }
    out
}

fn example_text(example: &Example) -> String {
    let mut out = format!("\n{}\n", example.instance);
    if !example.rows.is_empty() {
        out.push_str(&format!("  rows: {}\n", example.rows.join(", ")));
    }
    for step in &example.steps {
        out.push_str(&format!("  {}\n", step.trim_end()));
    }
    for (address, words) in &example.expected {
        out.push_str(&format!("  expects {address}: {words}\n"));
    }
    for (path, ebuild) in &example.ebuilds {
        out.push_str(&format!("\n{path}\n"));
        for line in ebuild.lines() {
            out.push_str(&format!("  {line}\n"));
        }
    }
    out
}

/// What is known of a label or word as text.
pub(super) fn of_topic(it: &Topic<'_>) -> String {
    let mut out = format!("{} ({})\n", it.id, it.kind);
    if let Some(section) = &it.section {
        out.push_str(&format!("  section {section}\n"));
    }
    out.push_str(&format!("\nrequirements ({})\n", it.requirements.len()));
    for requirement in &it.requirements {
        out.push_str(&format!(
            "  {} (EAPI {})\n    {}\n",
            requirement.id, requirement.eapis, requirement.statement
        ));
    }
    out.push_str(&format!("\ncases ({})\n", it.cases.len()));
    let width = it.cases.iter().map(|case| case.id.len()).max();
    let width = width.unwrap_or_default();
    for case in &it.cases {
        out.push_str(&format!(
            "  {:width$}  {:<7}  {}\n",
            case.id, case.eapis, case.title
        ));
    }
    out.push_str(&findings_text(&it.findings));
    for target in &it.targets {
        let counts = target.verdicts.iter();
        let counts: Vec<String> = counts
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let counts = if counts.is_empty() {
            "none of the cases ran".to_owned()
        } else {
            counts.join(", ")
        };
        out.push_str(&format!("\n{}: {counts}\n", target.target));
        for finding in &target.findings {
            out.push_str(&format!("  {finding}\n"));
        }
    }
    out
}

/// Known findings, under the name of each package manager.
fn findings_text(findings: &[Known<'_>]) -> String {
    let mut out = String::new();
    for of_pm in findings.chunk_by(|a, b| a.pm == b.pm) {
        out.push_str(&format!(
            "\nfindings about {} ({})\n",
            of_pm[0].pm,
            of_pm.len()
        ));
        for finding in of_pm {
            let since = finding.since.map(|since| format!(", since {since}"));
            let until = finding.until.map(|until| format!(", until {until}"));
            out.push_str(&format!(
                "  {}  {}{}{}\n    {}\n",
                finding.id,
                finding.kind,
                since.unwrap_or_default(),
                until.unwrap_or_default(),
                finding.title
            ));
        }
    }
    out
}

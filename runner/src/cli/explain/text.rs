//! Renders an explanation as text.

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

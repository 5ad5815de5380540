//! A Markdown summary for CI systems that show one with each job.

use crate::describe::alike::{Alike, eapis, problems, why};
use crate::describe::category::Category;
use crate::describe::{repeat, text};
use crate::findings::{Known, known};
use crate::record::{Results, TargetRecord};

/// Maximum number of problems listed for a target, as CI systems limit the size of a summary.
const LISTED: usize = 100;
/// Maximum length of a reason, in characters.
const SENTENCE: usize = 300;

/// Renders the summary.
pub fn render(results: &Results) -> String {
    let mut out = String::from("## PMS conformance\n\n");
    let shown = Category::shown(&results.targets);
    out.push_str("| package manager |");
    out.extend(shown.iter().map(|v| format!(" {} |", v.words())));
    out.push_str("\n| --- |");
    out.push_str(&" --: |".repeat(shown.len()));
    for target in &results.targets {
        out.push_str(&format!("\n| {} |", words(&target.name)));
        out.extend(shown.iter().map(|v| format!(" {} |", v.count(target))));
    }
    out.push_str("\n\n");
    write_remarks(&mut out, results);
    for target in &results.targets {
        if let Some(reason) = &target.broken {
            out.push_str(&format!(
                "**{} could not run:** {}\n\n",
                words(&target.name),
                words(reason)
            ));
        }
        write_problems(&mut out, target);
        write_known(&mut out, target);
    }
    out
}

/// Writes whether the record is incomplete, and which verdicts are not reliable.
fn write_remarks(out: &mut String, results: &Results) {
    if results.interrupted {
        out.push_str(&format!(
            "**Warning:** {}\n\n",
            crate::describe::INTERRUPTED
        ));
    }
    for missing in results.missing() {
        out.push_str(&format!("**Incomplete:** {}\n\n", words(&missing)));
    }
    if let Some(repeats) = &results.repeats {
        let count = repeats.differing.len();
        let times = repeats.times;
        out.push_str(&format!("Run {times} times: {count} verdicts differ.\n\n"));
    }
    let flaky = results.targets.iter().flat_map(|target| &target.instances);
    let flaky: Vec<String> = flaky.filter(|i| i.flaky).map(|i| words(&i.id)).collect();
    if !flaky.is_empty() {
        out.push_str(&format!(
            "Flaky (failed, and passed when retried): {}\n\n",
            flaky.join(", ")
        ));
    }
}

fn write_problems(out: &mut String, target: &TargetRecord) {
    let groups = problems(target);
    if groups.is_empty() {
        return;
    }
    out.push_str(&format!(
        "<details><summary>Problems of {}: {}</summary>\n\n",
        words(&target.name),
        groups.len()
    ));
    out.push_str("| case | EAPI | section | verdict | why |\n| --- | --- | --- | --- | --- |\n");
    for alike in groups.iter().take(LISTED) {
        out.push_str(&row(alike));
    }
    out.push('\n');
    if groups.len() > LISTED {
        out.push_str(&format!("and {} more.\n\n", groups.len() - LISTED));
    }
    out.push_str(&format!(
        "Run again: <code>{} {}</code>\n\n</details>\n\n",
        words(&repeat::program(target)),
        words("CASE")
    ));
}

/// Lists the known findings of a target by id and title.
fn write_known(out: &mut String, target: &TargetRecord) {
    let known = known(target);
    let known: Vec<&Known<'_>> = known.iter().filter(|f| !f.id.is_empty()).collect();
    if known.is_empty() {
        return;
    }
    out.push_str(&format!(
        "<details><summary>Known findings about {}: {}</summary>\n\n| finding | kind | instances | what it does |\n| --- | --- | --: | --- |\n",
        words(&target.name),
        known.len()
    ));
    for finding in known.iter().take(LISTED) {
        let (about, count) = (&finding.about, finding.instances.len());
        let (id, title) = (words(finding.id), words(&about.title));
        out.push_str(&format!(
            "| <code>{id}</code> | {} | {count} | {title} |\n",
            words(&about.kind)
        ));
    }
    out.push_str("\n</details>\n\n");
}

fn row(alike: &Alike<'_>) -> String {
    let instance = alike[0];
    let mut why = why(instance);
    if let Some((at, _)) = why.char_indices().nth(SENTENCE) {
        why.truncate(at);
        why.push('…');
    }
    let case = match &instance.row {
        Some(row) => format!("{}[{row}]", instance.case),
        None => instance.case.clone(),
    };
    format!(
        "| <code>{}</code> | {} | {} | {} | {} |\n",
        words(&case),
        words(&eapis(alike)),
        words(&instance.section),
        Category::of(instance).words(),
        words(&why)
    )
}

/// The text with all characters that could be markup as numeric references.
fn words(raw: &str) -> String {
    let mut out = String::new();
    for c in text::line(raw).chars() {
        if "\\`*_[]<>|&~#".contains(c) {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn summary_of_a_record() {
        insta::assert_snapshot!(render(&sample::results()));
    }

    #[test]
    fn hostile_text_is_not_markup() {
        let summary = render(&sample::results());
        assert!(!summary.contains("<b>") && !summary.contains("<script"));
    }

    #[test]
    fn a_long_list_is_shortened() {
        let mut results = sample::results();
        let one = results.targets[0].instances[1].clone();
        for n in 0..200 {
            let mut other = one.clone();
            other.case = format!("case-{n}");
            results.targets[0].instances.push(other);
        }
        assert!(render(&results).contains("and 101 more"));
    }
}

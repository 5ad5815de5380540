//! A summary in Markdown, as CI shows it on the page of a job.

use crate::describe::alike::{Alike, eapis, problems, why};
use crate::describe::category::Category;
use crate::describe::{repeat, text};
use crate::record::{Results, TargetRecord};

/// Problems of a run that are listed: such pages are limited.
const LISTED: usize = 100;
/// Longest sentence on one, in characters.
const SENTENCE: usize = 300;

/// The text of a record.
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
    if results.interrupted {
        out.push_str("**Interrupted:** what is here is true, but not all.\n\n");
    }
    for missing in results.missing() {
        out.push_str(&format!("**Not whole:** {}\n\n", words(&missing)));
    }
    if let Some(repeats) = &results.repeats {
        let count = repeats.differing.len();
        let times = repeats.times;
        out.push_str(&format!(
            "Run {times} times: {count} verdicts were not always the same.\n\n"
        ));
    }
    let flaky = results.targets.iter().flat_map(|target| &target.instances);
    let flaky: Vec<String> = flaky.filter(|i| i.flaky).map(|i| words(&i.id)).collect();
    if !flaky.is_empty() {
        out.push_str(&format!(
            "Flaky, passed when tried again: {}\n\n",
            flaky.join(", ")
        ));
    }
    for target in &results.targets {
        if let Some(reason) = &target.broken {
            out.push_str(&format!(
                "**{} could not run:** {}\n\n",
                words(&target.name),
                words(reason)
            ));
        }
        write_problems(&mut out, target);
    }
    out
}

fn write_problems(out: &mut String, target: &TargetRecord) {
    let groups = problems(target);
    if groups.is_empty() {
        return;
    }
    out.push_str(&format!(
        "<details><summary>{}: {} that do not pass</summary>\n\n",
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
        "Again: <code>{} {}</code>\n\n</details>\n\n",
        words(&repeat::program(target)),
        words("CASE")
    ));
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

/// Text that is no markup: what could be stands there by its number.
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
    fn the_summary_of_a_record_is_this() {
        insta::assert_snapshot!(render(&sample::results()));
    }

    #[test]
    fn nothing_that_was_sent_is_markup() {
        let summary = render(&sample::results());
        assert!(!summary.contains("<b>") && !summary.contains("<script"));
    }

    #[test]
    fn a_long_list_is_cut() {
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

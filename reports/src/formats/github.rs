//! GitHub annotations, which GitHub reads from the output of a job: errors for failures, warnings where the test harness
//! broke or the package manager is lenient, and a notice with the counts.

use pmsts_testcases::Verdict;

use crate::describe::alike::{eapis, problems, why};
use crate::describe::category::Category;
use crate::describe::{repeat, text};
use crate::record::{Results, TargetRecord};

/// Maximum number of annotations for a target: GitHub shows ten of a kind for each step.
const SHOWN: usize = 9;

/// Renders the annotations, a line each.
pub fn render(results: &Results) -> String {
    let mut out = String::new();
    if results.interrupted {
        line(&mut out, "warning", "pmsts", crate::describe::INTERRUPTED);
    }
    for target in &results.targets {
        if let Some(reason) = &target.broken {
            line(
                &mut out,
                "warning",
                &target.name,
                &format!("could not run: {reason}"),
            );
        }
        if let Some(missing) = target.missing() {
            line(&mut out, "error", &target.name, &missing);
        }
        write_target(&mut out, target);
    }
    out
}

fn write_target(out: &mut String, target: &TargetRecord) {
    let groups = problems(target);
    for alike in groups.iter().take(SHOWN) {
        let instance = alike[0];
        let kind = match Category::of(instance) {
            Category::Verdict(Verdict::Error) | Category::Lenient => "warning",
            _ => "error",
        };
        let title = format!(
            "{}: {} in EAPI {}",
            target.name,
            instance.case,
            eapis(alike)
        );
        let again = repeat::command(target, alike);
        let message = format!(
            "{} ({}): {}\n{}\nrun again: {again}",
            instance.title,
            instance.section,
            Category::of(instance).words(),
            why(instance)
        );
        line(out, kind, &title, &message);
    }
    if groups.len() > SHOWN {
        let more = format!("and {} more problems", groups.len() - SHOWN);
        line(out, "error", &target.name, &more);
    }
    let counts = Category::all().map(|kind| (kind, kind.count(target)));
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts = counts.map(|(kind, count)| format!("{count} {}", kind.words()));
    line(
        out,
        "notice",
        &target.name,
        &counts.collect::<Vec<_>>().join(", "),
    );
}

fn line(out: &mut String, kind: &str, title: &str, message: &str) {
    let title = escaped(&text::line(title))
        .replace(':', "%3A")
        .replace(',', "%2C");
    out.push_str(&format!(
        "::{kind} title={title}::{}\n",
        escaped(&text::block(message))
    ));
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn annotations_of_a_record() {
        insta::assert_snapshot!(render(&sample::results()));
    }

    #[test]
    fn hostile_text_adds_no_command() {
        let mut results = sample::results();
        let instance = &mut results.targets[0].instances[1];
        instance.title = "x\n::add-mask::y".to_owned();
        instance.case = "a,file=b::c".to_owned();
        let lines = render(&results);
        assert!(
            lines
                .lines()
                .all(|l| l.starts_with("::error title=") || l.starts_with("::notice title="))
        );
        assert!(lines.contains("a%2Cfile=b%3A%3Cc") || lines.contains("a%2Cfile=b%3A%3Ac"));
    }
}

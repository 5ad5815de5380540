//! Annotations, as GitHub reads them from the output of a job: what departs is an error, what broke on
//! our side a warning, the counts are a notice.

use pmsts_testcases::Verdict;

use crate::alike::{eapis, problems, why};
use crate::kind::Kind;
use crate::record::{Results, Run};
use crate::{repeat, text};

/// Annotations of a run: GitHub shows ten of a kind for a step.
const SHOWN: usize = 9;

/// The lines of a record.
pub fn render(results: &Results) -> String {
    let mut out = String::new();
    if results.interrupted {
        line(
            &mut out,
            "warning",
            "pmsts",
            "interrupted: what is here is true, but not all",
        );
    }
    for run in &results.runs {
        if let Some(reason) = &run.broken {
            line(
                &mut out,
                "warning",
                &run.domain,
                &format!("could not run: {reason}"),
            );
        }
        if let Some(missing) = run.missing() {
            line(&mut out, "error", &run.domain, &missing);
        }
        write_run(&mut out, run);
    }
    out
}

fn write_run(out: &mut String, run: &Run) {
    let groups = problems(run);
    for alike in groups.iter().take(SHOWN) {
        let instance = alike[0];
        let kind = match Kind::of(instance) {
            Kind::Verdict(Verdict::Error) | Kind::Lenient => "warning",
            _ => "error",
        };
        let title = format!("{}: {} in EAPI {}", run.domain, instance.case, eapis(alike));
        let again = repeat::command(run, alike);
        let message = format!(
            "{} ({}): {}\n{}\nagain: {again}",
            instance.title,
            instance.section,
            Kind::of(instance).words(),
            why(instance)
        );
        line(out, kind, &title, &message);
    }
    if groups.len() > SHOWN {
        let more = format!("and {} more that do not pass", groups.len() - SHOWN);
        line(out, "error", &run.domain, &more);
    }
    let counts = Kind::all().map(|kind| (kind, kind.count(run)));
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts = counts.map(|(kind, count)| format!("{count} {}", kind.words()));
    line(
        out,
        "notice",
        &run.domain,
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
    fn the_annotations_of_a_record_are_these() {
        insta::assert_snapshot!(render(&sample::results()));
    }

    #[test]
    fn every_line_is_a_command_of_ours() {
        let mut results = sample::results();
        let instance = &mut results.runs[0].instances[1];
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

//! An SVG badge: the package manager that was tested, and the number of failures.

use pmsts_testcases::Verdict;

use crate::describe::text;
use crate::record::{Instance, Results};

/// Width of a character, in tenths of the SVG's unit. Text is stretched to this width.
const CHARACTER: usize = 66;
/// Maximum length of the label, in characters.
const LABEL: usize = 40;

/// Renders the badge as SVG.
pub fn render(results: &Results) -> String {
    let label = match results.targets.as_slice() {
        [target] => format!("PMS · {}", text::line(&target.name)),
        targets => format!("PMS · {} package managers", targets.len()),
    };
    let label: String = label.chars().take(LABEL).collect();
    let (message, colour) = message(results);
    svg(&label, &message, colour)
}

/// The text and its background colour, on which white text must be legible.
fn message(results: &Results) -> (String, &'static str) {
    let count = |wanted: fn(&Instance) -> bool| {
        let all = results.targets.iter().flat_map(|target| &target.instances);
        all.filter(|i| wanted(i)).count()
    };
    let failed = count(Instance::fails_the_run);
    let passed = count(|i| i.verdict == Verdict::Passed);
    let broken = results.targets.iter().any(|target| target.broken.is_some());
    if broken || count(|i| i.verdict == Verdict::Error) > 0 {
        ("error".to_owned(), "#7d3c98")
    } else if failed > 0 {
        (format!("{failed} of {} fail", failed + passed), "#b3261e")
    } else if results.interrupted {
        ("interrupted".to_owned(), "#8a5a00")
    } else if passed > 0 {
        match count(Instance::is_known) {
            0 => (format!("{passed} passed"), "#2e7d32"),
            known => (format!("{passed} passed, {known} known"), "#2e7d32"),
        }
    } else {
        ("nothing ran".to_owned(), "#666")
    }
}

fn svg(label: &str, message: &str, colour: &str) -> String {
    let width = |text: &str| text.chars().count() * CHARACTER / 10;
    let (left, right) = (width(label) + 12, width(message) + 12);
    let whole = left + right;
    let words = |at: usize, text: &str| {
        let length = width(text);
        format!(
            "<text x=\"{}\" y=\"14\" textLength=\"{length}\">{}</text>",
            at + 6,
            escaped(text)
        )
    };
    let title = escaped(&format!("{label}: {message}"));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{title}\">\
         <title>{title}</title>\
         <rect width=\"{left}\" height=\"20\" fill=\"#444\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{colour}\"/>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">{}{}</g></svg>\n",
        words(0, label),
        words(left, message)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_badge_shows_the_most_important_result() {
        let mut results = sample::results();
        let says = |results: &Results| message(results).0;
        assert_eq!(says(&results), "1 of 2 fail");
        results.targets[0].instances.remove(1);
        assert_eq!(says(&results), "1 passed");
        results.interrupted = true;
        assert_eq!(says(&results), "interrupted");
        results.targets[0].instances[0].verdict = Verdict::Error;
        assert_eq!(says(&results), "error");
    }

    #[test]
    fn markup_in_a_target_name_is_escaped() {
        let mut results = sample::results();
        results.targets[0].name = "a\"><script>".to_owned();
        let svg = render(&results);
        assert!(!svg.contains("<script"), "{svg}");
    }
}

//! Expected and actual values with their difference, as the report shows them.

use pmsts_testcases::{Compared, Outcome};
use serde::Serialize;

use crate::describe::diff::{self, Line};
use crate::describe::text::line;

/// Maximum number of lines of a difference.
const LINES: usize = 400;
/// Maximum length of a value, in characters.
const CHARACTERS: usize = 20_000;

/// One expectation and the observed value.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    address: String,
    outcome: Outcome,
    expected: String,
    /// The observed value in one line; absent where there is a difference, which contains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) actual: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diff: Vec<Beside>,
}

/// A line of a difference.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Beside {
    /// A line that both values have.
    Same(String),
    /// The expected and the actual line, each in three parts, of which the middle one differs.
    Differ(Option<[String; 3]>, Option<[String; 3]>),
    /// Number of lines that are omitted.
    Gap(usize),
}

/// A comparison for the report, with a difference where `differs` is set.
pub(super) fn compared(compared: &Compared, differs: bool) -> Shown {
    let actual = compared
        .actual
        .as_ref()
        .map(|value| format!("`{}`", cut(value.printable())));
    let diff = match (&compared.exact, &compared.actual) {
        (Some(exact), Some(actual)) if differs => besides(&diff::lines(exact, actual)),
        _ => Vec::new(),
    };
    Shown {
        address: line(&compared.address),
        outcome: compared.outcome,
        expected: cut(line(&compared.expected)),
        actual: actual.filter(|_| diff.is_empty()),
        note: compared.note.as_deref().map(line),
        diff,
    }
}

fn besides(lines: &[Line]) -> Vec<Beside> {
    let mut out: Vec<Beside> = lines.iter().take(LINES).map(beside).collect();
    if lines.len() > LINES {
        out.push(Beside::Gap(lines.len() - LINES));
    }
    out
}

fn beside(line: &Line) -> Beside {
    match line {
        Line::Same(text) => Beside::Same(cut(text.clone())),
        Line::Gap(lines) => Beside::Gap(*lines),
        Line::Differ(old, new) => {
            let ends = match (old, new) {
                (Some(old), Some(new)) => diff::shared(old, new),
                _ => (0, 0),
            };
            let parts = |text: &String| {
                let (head, tail) = (ends.0, text.len() - ends.1);
                [&text[..head], &text[head..tail], &text[tail..]].map(|part| cut(part.to_owned()))
            };
            Beside::Differ(old.as_ref().map(parts), new.as_ref().map(parts))
        }
    }
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(CHARACTERS) {
        text.truncate(at);
        text.push_str("… (shortened: results.json has the whole value)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_differs_is_separate() {
        let line = Line::Differ(
            Some("USE=a ssl b".to_owned()),
            Some("USE=a tls b".to_owned()),
        );
        let parts = |a: &str, b: &str, c: &str| Some([a, b, c].map(str::to_owned));
        let wanted = Beside::Differ(parts("USE=a ", "ssl", " b"), parts("USE=a ", "tls", " b"));
        assert_eq!(beside(&line), wanted);
    }

    #[test]
    fn a_huge_value_is_shortened() {
        assert!(cut("ä".repeat(1_000_000)).len() < 2 * CHARACTERS + 100);
    }
}

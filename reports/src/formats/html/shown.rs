//! Expected beside actual, as the page shows it.

use pmsts_testcases::{Compared, Outcome};
use serde::Serialize;

use crate::describe::diff::{self, Line};
use crate::describe::text::line;

/// Most lines of a difference that the page carries.
const LINES: usize = 400;
/// Longest value that the page carries, in characters.
const CHARACTERS: usize = 20_000;

/// One expectation beside what was observed.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    address: String,
    outcome: Outcome,
    expected: String,
    /// What was observed, in one line; the difference has it where there is one.
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
    /// The same in both.
    Same(String),
    /// Expected and actual, each in three parts: the middle one differs.
    Differ(Option<[String; 3]>, Option<[String; 3]>),
    /// So many lines left out.
    Gap(usize),
}

/// A comparison for the page; `differs` where its difference is of interest.
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
        text.push_str("… (cut: results.json has all of it)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_differs_is_marked() {
        let line = Line::Differ(
            Some("USE=a ssl b".to_owned()),
            Some("USE=a tls b".to_owned()),
        );
        let parts = |a: &str, b: &str, c: &str| Some([a, b, c].map(str::to_owned));
        let wanted = Beside::Differ(parts("USE=a ", "ssl", " b"), parts("USE=a ", "tls", " b"));
        assert_eq!(beside(&line), wanted);
    }

    #[test]
    fn a_huge_value_does_not_fill_the_page() {
        assert!(cut("ä".repeat(1_000_000)).len() < 2 * CHARACTERS + 100);
    }
}

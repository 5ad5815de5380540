//! Compares two texts line by line. All lines are safe to show.

use std::time::{Duration, Instant};

use pmsts_testcases::Value;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline, group_diff_ops};

/// Number of equal lines shown around a difference.
const CONTEXT: usize = 3;
/// Time limit of the search for the shortest difference; after it, a longer one is used.
const SEARCH: Duration = Duration::from_millis(200);

/// A line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line that both texts have.
    Same(String),
    /// The expected and the actual line; one of them can be absent.
    Differ(Option<String>, Option<String>),
    /// Number of equal lines that are omitted.
    Gap(usize),
}

/// Compares two values line by line. If only one of them ends in a newline, newlines are shown as escapes.
pub(crate) fn lines(expected: &Value, actual: &Value) -> Vec<Line> {
    let show_ends = expected.0.ends_with(b"\n") != actual.0.ends_with(b"\n");
    let old: Vec<&[u8]> = expected.0.split_inclusive(|b| *b == b'\n').collect();
    let new: Vec<&[u8]> = actual.0.split_inclusive(|b| *b == b'\n').collect();
    let deadline = Some(Instant::now() + SEARCH);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &old, &new, deadline);
    let show = |line: &[u8]| {
        let line = if show_ends {
            line
        } else {
            line.strip_suffix(b"\n").unwrap_or(line)
        };
        Value::from(line.to_vec()).printable()
    };
    let mut out = Vec::new();
    let mut reached = 0;
    for group in group_diff_ops(ops, CONTEXT) {
        let start = group.first().map_or(reached, |op| op.old_range().start);
        gap(&mut out, start - reached);
        for op in &group {
            push(&mut out, op, &old, &new, show);
            reached = op.old_range().end;
        }
    }
    gap(&mut out, old.len() - reached);
    out
}

fn gap(out: &mut Vec<Line>, lines: usize) {
    if lines > 0 {
        out.push(Line::Gap(lines));
    }
}

fn push(
    out: &mut Vec<Line>,
    op: &DiffOp,
    old: &[&[u8]],
    new: &[&[u8]],
    show: impl Fn(&[u8]) -> String,
) {
    let (left, right) = (&old[op.old_range()], &new[op.new_range()]);
    if let DiffOp::Equal { .. } = op {
        return out.extend(left.iter().map(|line| Line::Same(show(line))));
    }
    for at in 0..left.len().max(right.len()) {
        let side = |lines: &[&[u8]]| lines.get(at).map(|line| show(line));
        out.push(Line::Differ(side(left), side(right)));
    }
}

/// The lengths of the common beginning and the common end of two lines, in bytes at character boundaries. The two
/// do not overlap.
pub(crate) fn shared(a: &str, b: &str) -> (usize, usize) {
    let same = |(x, y): &(char, char)| x == y;
    let head = a
        .chars()
        .zip(b.chars())
        .take_while(same)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let tails = a[head..].chars().rev().zip(b[head..].chars().rev());
    let tail = tails.take_while(same).map(|(c, _)| c.len_utf8()).sum();
    (head, tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) -> Line {
        Line::Same(text.to_owned())
    }

    fn differ(a: Option<&str>, b: Option<&str>) -> Line {
        Line::Differ(a.map(str::to_owned), b.map(str::to_owned))
    }

    #[test]
    fn a_changed_line_is_paired_with_the_old_one() {
        let found = lines(&"a\nb\nc\n".into(), &"a\nx\nc\nd\n".into());
        assert_eq!(
            found,
            [
                same("a"),
                differ(Some("b"), Some("x")),
                same("c"),
                differ(None, Some("d"))
            ]
        );
    }

    #[test]
    fn a_missing_newline_is_shown() {
        assert_eq!(
            lines(&"a\n".into(), &"a".into()),
            [differ(Some("a\\n"), Some("a"))]
        );
    }

    #[test]
    fn equal_lines_far_from_a_difference_are_omitted() {
        let long = |word: &str| {
            let before = "same\n".repeat(10);
            Value::from(format!("{before}{word}\n{before}"))
        };
        let found = lines(&long("a"), &long("b"));
        assert_eq!(
            (found.first(), found.last()),
            (Some(&Line::Gap(7)), Some(&Line::Gap(7)))
        );
        assert_eq!(found.len(), 9);
    }

    #[test]
    fn bytes_are_compared_and_shown_as_escapes() {
        let found = lines(
            &vec![b'\xff', b'\n'].into(),
            &vec![b'\xfe', b'\x1b', b'\n'].into(),
        );
        assert_eq!(found, [differ(Some("\\xff"), Some("\\xfe\\u{1b}"))]);
    }

    #[test]
    fn shared_ends_do_not_overlap() {
        assert_eq!(shared("aä1", "aä1"), (4, 0));
        assert_eq!(shared("aba", "aa"), (1, 1));
        assert_eq!(shared("x→y", "x←y"), (1, 1));
    }
}

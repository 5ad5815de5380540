//! Writes indented lines of a limited width. All lines are safe to show.

use anstyle::Style;
use textwrap::core::display_width;

use super::styles::{Styles, painted};
use crate::describe::text;

/// Minimum width of text, in columns. A narrower terminal wraps the lines itself.
const NARROWEST: usize = 20;

/// The lines written so far.
pub(super) struct Writer<'a> {
    pub(super) styles: &'a Styles,
    /// Width of a line, in columns.
    pub(super) width: usize,
    out: String,
}

impl<'a> Writer<'a> {
    pub(super) fn new(styles: &'a Styles, width: usize) -> Self {
        Self {
            styles,
            width,
            out: String::new(),
        }
    }

    pub(super) fn into_text(self) -> String {
        self.out
    }

    /// Writes a line unchanged; it must be safe to show.
    pub(super) fn raw(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// Writes an empty line and a heading.
    pub(super) fn heading(&mut self, words: &str) {
        self.raw("");
        self.prose(0, self.styles.heading, words);
    }

    /// Writes indented text, wrapped.
    pub(super) fn prose(&mut self, indent: usize, style: Style, words: &str) {
        let words = text::line(words);
        for line in textwrap::wrap(&words, self.space(indent)) {
            self.raw(&format!("{:indent$}{}", "", painted(style, &line)));
        }
    }

    /// Writes one indented line, shortened to fit; its first `from` bytes can be omitted.
    pub(super) fn cut(&mut self, indent: usize, style: Style, line: &str, from: usize) {
        let line = cut(line, from, self.space(indent));
        self.raw(&format!("{:indent$}{}", "", painted(style, &line)));
    }

    /// The columns left after an indent.
    pub(super) fn space(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent).max(NARROWEST)
    }
}

/// The part of a line that fits. The relevant part begins after `from` bytes; where it would not be visible, the
/// beginning of the line is omitted.
fn cut(line: &str, from: usize, space: usize) -> String {
    if display_width(line) <= space {
        return line.to_owned();
    }
    let mut start = 0;
    if display_width(line.get(..from).unwrap_or_default()) > space * 2 / 3 {
        let before = line[..from].char_indices().rev().nth(space / 3);
        start = before.map_or(0, |(at, _)| at);
    }
    let mut shown = String::from(if start > 0 { "…" } else { "" });
    let mut columns = display_width(&shown);
    for c in line[start..].chars() {
        columns += display_width(c.encode_utf8(&mut [0; 4]));
        if columns >= space {
            shown.push('…');
            break;
        }
        shown.push(c);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_line_shows_where_it_differs() {
        let line = format!("{}X{}", "a".repeat(200), "b".repeat(200));
        let shown = cut(&line, 200, 40);
        assert!(shown.contains('X'), "{shown}");
        assert_eq!(display_width(&shown), 40);
        assert_eq!(cut("short", 2, 40), "short");
        assert!(display_width(&cut(&"漢".repeat(60), 0, 41)) <= 41);
    }
}

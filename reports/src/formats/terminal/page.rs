//! Lines of a given width, indented, every one safe to show.

use anstyle::Style;
use textwrap::core::display_width;

use super::styles::{Styles, painted};
use crate::describe::text;

/// Narrowest room for text, in columns: below it, lines are left to the terminal.
const NARROWEST: usize = 20;

/// What is written so far.
pub(super) struct Page<'a> {
    pub(super) styles: &'a Styles,
    /// In columns.
    pub(super) width: usize,
    out: String,
}

impl<'a> Page<'a> {
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

    /// A line as it is: for what is made of safe parts.
    pub(super) fn raw(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    pub(super) fn heading(&mut self, words: &str) {
        self.raw("");
        self.prose(0, self.styles.heading, words);
    }

    /// Words below each other, after an indent.
    pub(super) fn prose(&mut self, indent: usize, style: Style, words: &str) {
        let words = text::line(words);
        for line in textwrap::wrap(&words, self.room(indent)) {
            self.raw(&format!("{:indent$}{}", "", painted(style, &line)));
        }
    }

    /// One line after an indent, cut; `from` bytes at its begin can be left out.
    pub(super) fn cut(&mut self, indent: usize, style: Style, line: &str, from: usize) {
        let line = cut(line, from, self.room(indent));
        self.raw(&format!("{:indent$}{}", "", painted(style, &line)));
    }

    pub(super) fn room(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent).max(NARROWEST)
    }
}

/// The part of a line that fits. Where what matters begins after `from` bytes, too far away to be
/// seen, the line's begin is left out.
fn cut(line: &str, from: usize, room: usize) -> String {
    if display_width(line) <= room {
        return line.to_owned();
    }
    let mut start = 0;
    if display_width(line.get(..from).unwrap_or_default()) > room * 2 / 3 {
        let before = line[..from].char_indices().rev().nth(room / 3);
        start = before.map_or(0, |(at, _)| at);
    }
    let mut shown = String::from(if start > 0 { "…" } else { "" });
    let mut columns = display_width(&shown);
    for c in line[start..].chars() {
        columns += display_width(c.encode_utf8(&mut [0; 4]));
        if columns >= room {
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
    fn a_cut_line_shows_where_it_differs() {
        let line = format!("{}X{}", "a".repeat(200), "b".repeat(200));
        let shown = cut(&line, 200, 40);
        assert!(shown.contains('X'), "{shown}");
        assert_eq!(display_width(&shown), 40);
        assert_eq!(cut("short", 2, 40), "short");
        assert!(display_width(&cut(&"漢".repeat(60), 0, 41)) <= 41);
    }
}

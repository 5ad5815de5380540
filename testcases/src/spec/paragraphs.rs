//! Cuts the LaTeX source of a chapter into paragraphs, each under the closest label before it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use sha2::{Digest as _, Sha256};

/// Environments that are one paragraph as a whole: half a table says nothing.
const WHOLE: [&str; 6] = [
    "centertable",
    "longtable",
    "listing",
    "verbatim",
    "algorithm",
    "tabular",
];

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\\(?:chapter|section|subsection|subsubsection)\*?\{(.*)\}").expect("a constant")
});
static LABEL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\\(label|featurelabel)\{([^}]*)\}").expect("a constant"));
static BOUNDARY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\\(begin|end)\{([^}]*)\}").expect("a constant"));
static MUST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(must|shall|may not|required|illegal|is an error)\b").expect("a constant")
});

/// A chapter of the PMS: its paragraphs and labels.
#[derive(Debug, Clone, Default)]
pub struct Chapter {
    /// The name of its file, without `.tex`.
    pub name: String,
    /// Its paragraphs, in order.
    pub paragraphs: Vec<Paragraph>,
    /// Its labels; those of features as `feat:NAME`.
    pub labels: BTreeSet<String>,
}

/// A paragraph: a block of text, an item of a list, a table, a listing or an algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// The closest label before or in it, or `unlabelled:TITLE` of the heading.
    pub label: String,
    /// Its first line, counted from 1.
    pub first: usize,
    /// Its last line.
    pub last: usize,
    /// A checksum of its words. How lines are broken, and comments, do not count.
    pub checksum: String,
    /// Whether it uses a word of obligation.
    pub obliges: bool,
    /// Its first words.
    pub opening: String,
}

impl Chapter {
    /// Reads the source of a chapter.
    pub fn read(name: &str, source: &str) -> Self {
        let mut cutter = Cutter::new(name);
        for (index, line) in source.lines().enumerate() {
            cutter.line(index + 1, line);
        }
        cutter.flush();
        cutter.chapter
    }
}

/// The state between two lines.
struct Cutter {
    chapter: Chapter,
    label: String,
    /// The lines of the open paragraph: first line, last line, words.
    open: Option<(usize, usize, String)>,
    /// The environment that the open paragraph ends with.
    whole: Option<String>,
}

impl Cutter {
    fn new(name: &str) -> Self {
        Self {
            chapter: Chapter {
                name: name.to_owned(),
                ..Chapter::default()
            },
            label: format!("unlabelled:{name}"),
            open: None,
            whole: None,
        }
    }

    fn line(&mut self, number: usize, line: &str) {
        let text = without_comment(line);
        // A line that is nothing but a comment ends no paragraph.
        if text.is_empty() && !line.trim().is_empty() {
            return;
        }
        if self.whole.is_none() {
            if let Some(heading) = HEADING.captures(text) {
                self.flush();
                self.label = format!("unlabelled:{}", &heading[1]);
                return;
            }
            if text.is_empty() || text.starts_with("\\item") {
                self.flush();
            }
        }
        if let Some(boundary) = BOUNDARY.captures(text) {
            let (begins, environment) = (&boundary[1] == "begin", &boundary[2]);
            if self.whole.as_deref() == Some(environment) && !begins {
                self.add(number, text);
                self.whole = None;
                self.flush();
                return;
            }
            if self.whole.is_none() {
                self.flush();
                if !begins || !WHOLE.contains(&environment) {
                    return;
                }
                self.whole = Some(environment.to_owned());
            }
        }
        self.add(number, text);
    }

    fn add(&mut self, number: usize, text: &str) {
        for label in LABEL.captures_iter(text) {
            self.label = match &label[1] {
                "featurelabel" => format!("feat:{}", &label[2]),
                _ => label[2].to_owned(),
            };
            self.chapter.labels.insert(self.label.clone());
        }
        let words = LABEL.replace_all(text, "");
        if words.trim().is_empty() {
            return;
        }
        let open = self.open.get_or_insert((number, number, String::new()));
        open.1 = number;
        for word in words.split_whitespace() {
            if !open.2.is_empty() {
                open.2.push(' ');
            }
            open.2.push_str(word);
        }
    }

    fn flush(&mut self) {
        let Some((first, last, words)) = self.open.take() else {
            return;
        };
        // Commands of the layout alone, such as \nobreakpar.
        if words.starts_with('\\') && !words.contains([' ', '{']) {
            return;
        }
        let sum = Sha256::digest(&words);
        self.chapter.paragraphs.push(Paragraph {
            label: self.label.clone(),
            first,
            last,
            checksum: sum[..8].iter().map(|byte| format!("{byte:02x}")).collect(),
            obliges: MUST.is_match(&words),
            opening: words.chars().take(70).collect(),
        });
    }
}

/// A line without its comment and the space around it. `\%` begins no comment.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '%' && before != '\\' {
            return line[..at].trim();
        }
        before = character;
    }
    line.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r"\chapter{Birds}
\label{ch:birds}

Birds must sing. % not at night
They fly.

\begin{compactitem}
\item Swans are white
    or black.
\item \featurelabel{crows} Crows shall be 100\% black.

    They steal.
\end{compactitem}

\section{Nests}
% A comment
\begin{centertable}{Nests}
    \label{tab:nests}
    \begin{tabular}{ll}
      a & b \\

      c & d
    \end{tabular}
\end{centertable}
\nobreakpar
";

    #[test]
    fn paragraphs_are_cut_at_blank_lines_items_and_tables() {
        let chapter = Chapter::read("birds", SOURCE);
        let read = chapter.paragraphs.iter();
        let read: Vec<(&str, usize, usize, bool)> = read
            .map(|it| (it.label.as_str(), it.first, it.last, it.obliges))
            .collect();
        assert_eq!(
            read,
            [
                ("ch:birds", 4, 5, true),
                ("ch:birds", 8, 9, false),
                ("feat:crows", 10, 10, true),
                ("feat:crows", 12, 12, false),
                ("tab:nests", 17, 24, false),
            ]
        );
        let labels: Vec<&str> = chapter.labels.iter().map(String::as_str).collect();
        assert_eq!(labels, ["ch:birds", "feat:crows", "tab:nests"]);
    }

    #[test]
    fn line_breaks_and_comments_do_not_count() {
        let sums = |text: &str| -> Vec<String> {
            let read = Chapter::read("x", text).paragraphs;
            read.into_iter().map(|it| it.checksum).collect()
        };
        assert_eq!(sums("one two\nthree"), sums("one % 1\n  two three\n"));
        assert_ne!(sums("one two"), sums("one too"));
    }
}

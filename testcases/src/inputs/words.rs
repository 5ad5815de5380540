//! Splits shell text into words and operators, far enough to see which arguments a command is given.

/// A piece of shell text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A word as it is written, quotes included.
    Word(String),
    /// What ends a simple command: `;`, `|`, `&&`, a line break, a parenthesis.
    Operator(String),
    /// The text within `$(…)` or `<(…)`, which is part of the word around it too.
    Inner(String),
}

const OPERATORS: &str = ";|&()\n";

/// The pieces of the text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    let mut word = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next().unwrap_or_default();
                if next != '\n' {
                    word.extend([c, next]);
                }
            }
            '\'' => quoted(c, &mut chars, &mut word),
            '"' => double(&mut chars, &mut word, &mut found),
            '$' | '<' | '>' if chars.peek() == Some(&'(') => {
                chars.next();
                let inner = nested(&mut chars);
                word.push_str(&format!("{c}({inner})"));
                found.push(Piece::Inner(inner));
            }
            '#' if word.is_empty() => while chars.next_if(|c| *c != '\n').is_some() {},
            c if OPERATORS.contains(c) => {
                end(&mut word, &mut found);
                let mut operator = c.to_string();
                while c != '\n' && c != '(' && c != ')' && chars.peek() == Some(&c) {
                    operator.extend(chars.next());
                }
                found.push(Piece::Operator(operator));
            }
            c if c.is_whitespace() => end(&mut word, &mut found),
            c => word.push(c),
        }
    }
    end(&mut word, &mut found);
    found
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn end(word: &mut String, found: &mut Vec<Piece>) {
    if !word.is_empty() {
        found.push(Piece::Word(std::mem::take(word)));
    }
}

/// The rest of a word in single quotes, or in `$'…'`, where a backslash escapes.
fn quoted(quote: char, chars: &mut Chars<'_>, word: &mut String) {
    let escapes = word.ends_with('$');
    word.push(quote);
    while let Some(c) = chars.next() {
        word.push(c);
        if c == '\\' && escapes {
            word.extend(chars.next());
        } else if c == quote {
            return;
        }
    }
}

/// The rest of a word in double quotes.
fn double(chars: &mut Chars<'_>, word: &mut String, found: &mut Vec<Piece>) {
    word.push('"');
    while let Some(c) = chars.next() {
        word.push(c);
        match c {
            '\\' => word.extend(chars.next()),
            '"' => return,
            '$' if chars.peek() == Some(&'(') => {
                chars.next();
                let inner = nested(chars);
                word.push_str(&format!("({inner})"));
                found.push(Piece::Inner(inner));
            }
            _ => {}
        }
    }
}

/// The text up to the parenthesis that ends it.
fn nested(chars: &mut Chars<'_>) -> String {
    let mut inner = String::new();
    let mut depth = 1;
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                quoted(c, chars, &mut inner);
                continue;
            }
            '"' => {
                double(chars, &mut inner, &mut Vec::new());
                continue;
            }
            '\\' => {
                inner.push(c);
                inner.extend(chars.next());
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        inner.push(c);
    }
    inner
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    fn shown(text: &str) -> Vec<String> {
        let piece = |piece| match piece {
            Piece::Word(word) => word,
            Piece::Operator(operator) => format!("<{}>", operator.escape_debug()),
            Piece::Inner(inner) => format!("[{inner}]"),
        };
        pieces(text).into_iter().map(piece).collect()
    }

    #[test]
    fn words_are_kept_as_written() {
        assert_eq!(
            shown("dobin 'a b' \"c $x\"&& echo # no\nx"),
            ["dobin", "'a b'", "\"c $x\"", "<&&>", "echo", "<\\n>", "x"]
        );
        assert_eq!(shown("a\\\nb $'x\\'y' ''"), ["ab", "$'x\\'y'", "''"]);
    }

    #[test]
    fn substitutions_are_words_and_texts() {
        assert_eq!(
            shown("observe k \"$(has a \"b)\" c)\""),
            ["observe", "k", "[has a \"b)\" c]", "\"$(has a \"b)\" c)\""]
        );
        assert_eq!(shown("( a | b )"), ["<(>", "a", "<|>", "b", "<)>"]);
    }
}

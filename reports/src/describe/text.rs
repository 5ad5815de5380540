//! Escapes control characters in text from ebuilds and package managers, so that no terminal or browser acts on them.

use pmsts_testcases::Value;

/// The text as one safe line. Backslashes stay, as they may be escapes already.
pub(crate) fn line(text: &str) -> String {
    let parts: Vec<String> = text
        .split('\\')
        .map(|part| Value::from(part).printable())
        .collect();
    parts.join("\\")
}

/// The text as safe lines; line breaks and tabs stay.
pub(crate) fn block(text: &str) -> String {
    let row = |row: &str| row.split('\t').map(line).collect::<Vec<_>>().join("\t");
    text.split('\n').map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_existing_escapes() {
        assert_eq!(
            line("`a\\nb`\x1b[2J\n\u{202e}"),
            r"`a\nb`\u{1b}[2J\n\u{202e}"
        );
    }

    #[test]
    fn a_block_keeps_its_lines_and_tabs() {
        assert_eq!(block("\x1b[31mred\r\n\ta\\"), "\\u{1b}[31mred\\u{d}\n\ta\\");
    }
}

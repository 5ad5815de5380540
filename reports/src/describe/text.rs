//! Makes text safe to show. What an ebuild or a package manager said is shown, never obeyed.

use pmsts_testcases::Value;

/// One line of which nothing is obeyed. Text that is in words already keeps its backslashes.
pub(crate) fn line(text: &str) -> String {
    let parts: Vec<String> = text
        .split('\\')
        .map(|part| Value::from(part).printable())
        .collect();
    parts.join("\\")
}

/// Lines of which nothing but the line breaks and tabs is obeyed.
pub(crate) fn block(text: &str) -> String {
    let row = |row: &str| row.split('\t').map(line).collect::<Vec<_>>().join("\t");
    text.split('\n').map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_what_is_escaped_already() {
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

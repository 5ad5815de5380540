//! Prints the error that ends a command, with the source lines that it is about.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

/// Prints `error: MESSAGE`, then each fault of a file with its source line.
pub(super) fn complain(error: &dyn Diagnostic) {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    let mut text = format!("{red}error{red:#}: {error}\n");
    text.push_str(&lines(error));
    for fault in error.related().into_iter().flatten() {
        text.push_str(&format!("\n{fault}\n{}", lines(fault)));
    }
    // It leaves colours out where they are off.
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// The source line that a diagnostic is about, with its neighbours; empty if it has none.
fn lines(diagnostic: &dyn Diagnostic) -> String {
    let theme = if std::io::stderr().is_terminal() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme {
            styles: GraphicalTheme::unicode().styles,
            ..GraphicalTheme::ascii()
        }
    };
    let mut drawn = String::new();
    if diagnostic.source_code().is_some() {
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        let _ = handler.render_report(&mut drawn, &Lines(diagnostic));
    }
    // The first line is for the message, which is already printed.
    let rest = drawn.split_once('\n').map(|(_, rest)| rest);
    rest.unwrap_or_default().to_owned()
}

/// A diagnostic without its message.
struct Lines<'a>(&'a dyn Diagnostic);

impl fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}

impl fmt::Display for Lines<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Lines<'_> {}

impl Diagnostic for Lines<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::LoadError;

    use super::*;

    #[test]
    fn the_line_of_a_fault_is_drawn_without_its_message() {
        let fault = LoadError::new("cases.toml", "[[case]]\nid = \"A\"\n", 14..17, "invalid id");
        let drawn = anstream::adapter::strip_str(&lines(&fault)).to_string();
        assert!(drawn.contains("[cases.toml:2:6]"), "{drawn}");
        assert!(drawn.contains("id = \"A\""), "{drawn}");
        assert!(!drawn.contains("invalid id"), "{drawn}");
    }
}

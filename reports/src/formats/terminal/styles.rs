//! Colours and styles of the parts of the text.

use anstyle::{AnsiColor, Style};
use pmsts_testcases::Verdict;

/// The styles of the text; the default is plain text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    /// Failures.
    pub bad: Style,
    /// Passes.
    pub good: Style,
    /// Errors of the test harness, interruptions and other warnings.
    pub warning: Style,
    /// Headings and names.
    pub heading: Style,
    /// Less important text.
    pub dim: Style,
}

impl Styles {
    /// Styles with the colours that every terminal has.
    pub const COLOURED: Self = Self {
        bad: AnsiColor::Red.on_default().bold(),
        good: AnsiColor::Green.on_default().bold(),
        warning: AnsiColor::Yellow.on_default().bold(),
        heading: Style::new().bold(),
        dim: Style::new().dimmed(),
    };

    /// The style of a verdict.
    pub(super) fn of(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Passed => self.good,
            Verdict::Failed | Verdict::NotObserved | Verdict::TimedOut => self.bad,
            Verdict::Error => self.warning,
            Verdict::Blocked | Verdict::Skipped | Verdict::Unsupported | Verdict::Recorded => {
                Style::new()
            }
        }
    }
}

/// The text with the escape sequences of a style; unchanged where the style is plain.
pub(super) fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

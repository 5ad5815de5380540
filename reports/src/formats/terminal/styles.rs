//! How the parts of the text look.

use anstyle::{AnsiColor, Style};
use pmsts_testcases::Verdict;

/// The styles of the text; the default ones are plain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    /// What departs from the PMS.
    pub bad: Style,
    /// What holds.
    pub good: Style,
    /// What broke on our side, or was interrupted.
    pub warning: Style,
    /// Headings and names.
    pub heading: Style,
    /// What is less important.
    pub dim: Style,
}

impl Styles {
    /// Sixteen colours, as every terminal has them.
    pub const COLOURED: Self = Self {
        bad: AnsiColor::Red.on_default().bold(),
        good: AnsiColor::Green.on_default().bold(),
        warning: AnsiColor::Yellow.on_default().bold(),
        heading: Style::new().bold(),
        dim: Style::new().dimmed(),
    };

    pub(super) fn of(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Passed => self.good,
            Verdict::Failed | Verdict::NotObserved | Verdict::TimedOut => self.bad,
            Verdict::Error => self.warning,
            Verdict::Skipped | Verdict::Unsupported | Verdict::Recorded => Style::new(),
        }
    }
}

/// Text in a style; nothing around it where the style is plain.
pub(super) fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

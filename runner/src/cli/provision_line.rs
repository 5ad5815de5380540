//! Shows the progress of provisioning on standard error: a line for each step. Several releases share one line, which
//! is redrawn on a terminal, and printed again elsewhere whenever its numbers change.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::say;
use crate::provision::Progress;

/// Shows provisioning on standard error.
pub(super) struct ProvisionLine {
    moving: Option<ProgressBar>,
    decided: usize,
}

impl ProvisionLine {
    /// Redraws a line if standard error is a terminal.
    pub(super) fn new() -> Self {
        let moving = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
        });
        Self { moving, decided: 0 }
    }

    /// Shows a step of provisioning.
    pub(super) fn tell(&mut self, progress: &Progress) {
        let text = progress.to_string();
        let Progress::Several {
            done, of, unfit, ..
        } = progress
        else {
            return self.line(&text);
        };
        let decided = done + unfit;
        match &self.moving {
            Some(bar) if decided < *of => bar.set_message(text),
            Some(bar) => {
                bar.set_message("");
                bar.finish_and_clear();
                say(&text);
            }
            None if decided != self.decided => say(&text),
            None => {}
        }
        self.decided = decided;
    }

    fn line(&self, text: &str) {
        match &self.moving {
            Some(bar) if self.decided > 0 && !bar.is_finished() => bar.suspend(|| say(text)),
            _ => say(text),
        }
    }
}

impl Drop for ProvisionLine {
    fn drop(&mut self) {
        if let Some(bar) = &self.moving {
            bar.finish_and_clear();
        }
    }
}

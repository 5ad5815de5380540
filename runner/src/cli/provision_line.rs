//! What a person sees of provisioning: a line for each thing done, and for several releases one that moves on
//! a terminal and is written again elsewhere, when their number has changed.

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
    /// On a terminal one that moves.
    pub(super) fn new() -> Self {
        let moving = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
        });
        Self { moving, decided: 0 }
    }

    /// Shows what is being done.
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

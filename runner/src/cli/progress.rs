//! Shows the progress of a run on standard error: a progress bar on a terminal, else a line every 15 seconds in which something
//! changed.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::record::events::{RunEvent, Sink};

/// How often a line is written if standard error is no terminal.
const EVERY: Duration = Duration::from_secs(15);

/// Shows progress on standard error.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    /// The words printed after the number of failed instances.
    failures: &'static str,
    total: usize,
    done: usize,
    failed: usize,
    said: Instant,
    /// The last line that was written, as it is not written again.
    told: String,
}

impl Progress {
    /// Shows a progress bar if standard error is a terminal. When `quiet`, only signals are answered. `failures` is
    /// printed after the number of failed instances.
    pub(super) fn new(quiet: bool, failures: &'static str) -> Self {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let style =
                ProgressStyle::with_template("{elapsed_precise} [{bar:30}] {pos}/{len} {wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("=> ");
            ProgressBar::new(0).with_style(style)
        });
        Self {
            bar,
            quiet,
            failures,
            total: 0,
            done: 0,
            failed: 0,
            said: Instant::now(),
            told: String::new(),
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            // A closed standard error is no reason to stop.
            None => drop(writeln!(io::stderr(), "{text}")),
        }
    }

    fn count(&self) -> String {
        let (done, total, failed) = (self.done, self.total, self.failed);
        format!("{done} of {total} done, {failed} {}", self.failures)
    }

    fn running(list: &[(String, Duration)]) -> Vec<String> {
        list.iter()
            .map(|(what, since)| format!("{what} ({} s)", since.as_secs()))
            .collect()
    }
}

impl Sink for Progress {
    fn event(&mut self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Begun(targets) => {
                self.total = targets.iter().map(|(_, count)| count).sum();
                if let Some(bar) = &self.bar {
                    bar.set_length(self.total as u64);
                }
            }
            RunEvent::Verdict { instance, .. } => {
                self.done += 1;
                self.failed += usize::from(instance.verdict.is_failure());
                if let Some(bar) = &self.bar {
                    bar.set_position(self.done as u64);
                }
            }
            RunEvent::Build { .. } => {}
            RunEvent::Progress(running) => {
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("{} {}  {}", self.failed, self.failures, Self::running(running).join("  ")));
                } else if !self.quiet && self.said.elapsed() > EVERY {
                    self.said = Instant::now();
                    let count = self.count();
                    if count != self.told {
                        self.line(&count);
                        self.told = count;
                    }
                }
            }
            RunEvent::Status(running) => {
                self.line(&self.count());
                for line in Self::running(running) {
                    self.line(&format!("  {line}"));
                }
            }
            RunEvent::Interrupted(1) => self.line("interrupted: waiting for the package managers to stop; interrupt again to end them at once"),
            RunEvent::Interrupted(_) => self.line("interrupted again: ending all testbeds"),
            RunEvent::Ended => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

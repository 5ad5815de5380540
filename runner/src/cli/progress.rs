//! Shows the progress of a run on standard error: a progress bar on a terminal, else a line every 15 seconds in which
//! something changed; and new failures at once.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use pmsts_reports::record::Instance;

use crate::record::events::{RunEvent, Sink};

/// So many builds must have run before the time left can be told.
const ENOUGH: usize = 20;

/// How often a line is written if standard error is no terminal.
const EVERY: Duration = Duration::from_secs(15);

/// Decides whether a failure of a target is new: no ledger knows it.
type IsNew<'a> = Box<dyn Fn(&str, &Instance) -> bool + 'a>;

/// Shows progress on standard error.
pub(super) struct Progress<'a> {
    bar: Option<ProgressBar>,
    quiet: bool,
    /// The words printed after the number of failed instances.
    failures: &'static str,
    total: usize,
    done: usize,
    failed: usize,
    /// Names of the targets.
    targets: Vec<String>,
    is_new: Option<IsNew<'a>>,
    begun: Instant,
    /// How many verdicts were known before anything ran.
    known: usize,
    said: Instant,
    /// The last line that was written, as it is not written again.
    told: String,
}

impl<'a> Progress<'a> {
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
            targets: Vec::new(),
            is_new: None,
            begun: Instant::now(),
            known: 0,
            said: Instant::now(),
            told: String::new(),
        }
    }

    /// Prints failures as they come, if `is_new` says that they are new.
    pub(super) fn announcing(self, is_new: impl Fn(&str, &Instance) -> bool + 'a) -> Self {
        Self {
            is_new: Some(Box::new(is_new)),
            ..self
        }
    }

    /// The time left, by the mean of what ran so far.
    fn left(&self) -> Option<String> {
        let ran = self
            .done
            .checked_sub(self.known)
            .filter(|ran| *ran >= ENOUGH)?;
        let each = self.begun.elapsed() / u32::try_from(ran).ok()?;
        let left = each * u32::try_from(self.total.saturating_sub(self.done)).ok()?;
        Some(match left.as_secs() {
            0..90 => format!("about {} s left", left.as_secs().div_ceil(10) * 10),
            seconds => format!("about {} min left", seconds.div_ceil(60)),
        })
    }

    fn announce(&self, target: usize, instance: &Instance) {
        let name = self.targets.get(target).map_or("", String::as_str);
        let is_new = |is_new: &IsNew<'_>| instance.verdict.is_failure() && is_new(name, instance);
        if !self.quiet && self.is_new.as_ref().is_some_and(is_new) {
            let why = pmsts_reports::why(instance).unwrap_or_default();
            self.line(&format!("new: {name} {}: {why}", instance.id));
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
        let left = self
            .left()
            .map_or_else(String::new, |left| format!(", {left}"));
        format!("{done} of {total} done, {failed} {}{left}", self.failures)
    }

    fn running(list: &[(String, Duration)]) -> Vec<String> {
        list.iter()
            .map(|(what, since)| format!("{what} ({} s)", since.as_secs()))
            .collect()
    }
}

impl Sink for Progress<'_> {
    fn event(&mut self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Begun(targets) => {
                self.total = targets.iter().map(|(_, count)| count).sum();
                self.targets = targets.iter().map(|(name, _)| name.clone()).collect();
                if let Some(bar) = &self.bar {
                    bar.set_length(self.total as u64);
                }
            }
            RunEvent::Verdict { target, instance } => {
                self.done += 1;
                if instance.reused.is_some() || instance.build.is_none() {
                    self.known += 1;
                }
                self.announce(*target, instance);
                self.failed += usize::from(instance.verdict.is_failure());
                if let Some(bar) = &self.bar {
                    bar.set_position(self.done as u64);
                }
            }
            RunEvent::Build { .. } | RunEvent::Used { .. } => {}
            RunEvent::Progress(running) => {
                if let Some(bar) = &self.bar {
                    let left = self.left().map_or_else(String::new, |left| format!("{left}  "));
                    let running = Self::running(running).join("  ");
                    bar.set_message(format!("{} {}  {left}{running}", self.failed, self.failures));
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

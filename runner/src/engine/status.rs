//! Describes what is running now: for the progress line, SIGUSR1 and `pmsts status`.

use std::time::Duration;

use super::actor::Actor;
use crate::record::events::RunEvent;
use crate::schedule::{Cancelled, Stage, State};

impl Actor<'_> {
    /// Sends what is running to the progress line.
    pub(crate) fn show_progress(&mut self, state: &State, now: Duration) {
        let running = self.running(state, now);
        self.recorder.tell(&RunEvent::Progress(&running));
    }

    /// Prints what is running, as SIGUSR1 asks.
    pub(crate) fn show_status(&mut self, state: &State, now: Duration) {
        let running = self.running(state, now);
        self.recorder.tell(&RunEvent::Status(&running));
    }

    /// The text that answers `pmsts status`.
    pub(crate) fn status(&self, state: &State, now: Duration) -> String {
        let (done, failed) = self.recorder.counts();
        let all = self.work.expanded.instances.len() * self.work.targets.len();
        let mut lines = vec![format!("{done} of {all} done, {failed} failed")];
        for (what, since) in self.running(state, now) {
            lines.push(format!("  {what} ({} s)", since.as_secs()));
        }
        lines.join("\n")
    }

    /// The target or build of a name: `portage@3.0.83`, `dosym-relative@8`.
    pub(crate) fn named(&self, name: &str) -> Option<Cancelled> {
        let target = self.work.targets.iter().position(|it| it.name == name);
        let builds = &self.work.expanded.builds;
        let build = || builds.iter().position(|it| it.name == name);
        target
            .map(Cancelled::Target)
            .or_else(|| build().map(Cancelled::Build))
    }

    fn running(&self, state: &State, now: Duration) -> Vec<(String, Duration)> {
        let lanes = state.lanes().iter().zip(&self.lanes);
        lanes
            .filter_map(|(busy, lane)| {
                let busy = busy.as_ref()?;
                let batch = &busy.batch;
                let (stage, since) = match &busy.stage {
                    Stage::Running { step, since, .. } => (self.step_name(batch, *step), *since),
                    Stage::Opening => ("opening".to_owned(), lane.opened),
                    Stage::Collecting { .. } => ("reading".to_owned(), lane.opened),
                    Stage::Closing => ("closing".to_owned(), lane.opened),
                };
                let first = &self.work.expanded.builds[batch.builds[0]].name;
                let more = match batch.builds.len() {
                    1 => String::new(),
                    n => format!(" and {} more", n - 1),
                };
                let target = &self.work.targets[batch.target].name;
                Some((
                    format!("{target}: {stage} {first}{more}"),
                    now.saturating_sub(since),
                ))
            })
            .collect()
    }
}

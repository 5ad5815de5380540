//! What runs just now, for whoever asks.

use std::time::Duration;

use super::Actor;
use crate::sink::RunEvent;
use crate::state::{Stage, State};

impl Actor<'_> {
    /// Shows what runs.
    pub(crate) fn show_progress(&mut self, state: &State, now: Duration) {
        let running = self.running(state, now);
        self.tell(&RunEvent::Progress(&running));
    }

    /// Answers a user who asks what runs.
    pub(crate) fn show_status(&mut self, state: &State, now: Duration) {
        let running = self.running(state, now);
        self.tell(&RunEvent::Status(&running));
    }

    /// What runs, for whoever asks from outside.
    pub(crate) fn status(&self, state: &State, now: Duration) -> String {
        let (done, failed) = self.book.counts();
        let all = self.work.expanded.instances.len() * self.work.domains.len();
        let mut lines = vec![format!("{done} of {all} done, {failed} failed")];
        for (what, since) in self.running(state, now) {
            lines.push(format!("  {what} ({} s)", since.as_secs()));
        }
        lines.join("\n")
    }

    fn running(&self, state: &State, now: Duration) -> Vec<(String, Duration)> {
        let lanes = state.lanes().iter().zip(&self.lanes);
        lanes
            .filter_map(|(busy, lane)| {
                let busy = busy.as_ref()?;
                let batch = state.batch(busy.batch);
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
                let domain = &self.work.domains[batch.domain].name;
                Some((
                    format!("{domain}: {stage} {first}{more}"),
                    now.saturating_sub(since),
                ))
            })
            .collect()
    }
}

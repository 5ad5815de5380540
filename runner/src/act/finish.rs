//! A batch that is through: judged, written down, told; or tried again.

use pmsts_testcases::Verdict;

use super::Actor;
use crate::book::Done;
use crate::plan::single;
use crate::sink::RunEvent;
use crate::state::{Action, State};

impl Actor<'_> {
    /// Judges a batch; what shared it and did not do well is tried again apart.
    pub(super) fn finish(&mut self, state: &mut State, lane: usize, index: usize) -> Vec<Action> {
        let observed = state.take_observed(lane);
        let times = state
            .busy(lane)
            .map(|b| b.times.clone())
            .unwrap_or_default();
        let batch = state.batch(index).clone();
        let interrupted = state.is_interrupted();
        for (position, (build, observed)) in batch.builds.iter().zip(&observed).enumerate() {
            let judged = self.book.judge(*build, observed);
            let apart = batch.builds.len() > 1 && !interrupted && (self.wants_another_try)(&judged);
            let tried = (batch.domain, *build);
            let again =
                !interrupted && batch.builds.len() == 1 && self.retries.wants(tried, &judged);
            if apart || again {
                let again = single(
                    batch.domain,
                    *build,
                    &self.work.sites[*build],
                    batch.attempt + 1,
                );
                let outline = self.work.outline(&again);
                state.add(again, outline);
                continue;
            }
            let lane_io = &self.lanes[lane];
            let record = self.book.build_record(&Done {
                build: *build,
                lane,
                batch: index,
                batch_size: batch.builds.len(),
                attempt: batch.attempt,
                steps: &lane_io.steps,
                times: times.iter().filter(|t| t.build == position).collect(),
                log: &lane_io.log,
                well: judged
                    .iter()
                    .all(|(_, j)| !j.verdict.is_failure() && j.verdict != Verdict::Error),
            });
            for sink in &mut self.sinks {
                sink.event(&RunEvent::Build {
                    domain: batch.domain,
                    build: &record,
                    observed,
                });
            }
            let flaky = self.retries.flaky(tried, &judged);
            let instances = self
                .book
                .enter(batch.domain, *build, record, judged, &flaky);
            for instance in &instances {
                for sink in &mut self.sinks {
                    sink.event(&RunEvent::Verdict {
                        domain: batch.domain,
                        instance,
                    });
                }
            }
        }
        state.release(lane)
    }
}

//! Judges a batch that has ended: records its verdicts, or lets builds be tried again.

use std::time::Duration;

use pmsts_testcases::{Instance, Judgement, Observed, judge};

use super::actor::Actor;
use crate::record::Done;
use crate::schedule::batch::Batch;
use crate::schedule::{Event, Finish};

impl<'a> Actor<'a> {
    /// Closes the testbed and judges its batch. A build that shared it and failed is tried again alone.
    pub(super) fn finish(&mut self, finish: &Finish, now: Duration) -> Event {
        let Finish { lane, batch, .. } = finish;
        let it = &mut self.lanes[*lane];
        if it.testbed.take().is_some() {
            let (target, opened) = (it.target, it.opened);
            self.recorder.occupied(target, opened, now);
        }
        let mut again = Vec::new();
        for (position, build) in batch.builds.iter().enumerate() {
            if finish.interrupted {
                // A batch that an interrupt cut off gives no verdict on the package manager.
                let instances = self.work.instances(*build).into_iter();
                let skipped = instances.map(|it| (it, Judgement::interrupted()));
                self.enter(finish, position, skipped.collect());
                continue;
            }
            let judged = self.judge(*build, &finish.observed[position]);
            if self.is_tried_again(batch, *build, &judged) {
                again.push(batch.apart(position, &self.work.sites[*build]));
            } else {
                self.enter(finish, position, judged);
            }
        }
        Event::Finished { lane: *lane, again }
    }

    /// The verdicts on the instances of a build.
    fn judge(&self, build: usize, observed: &Observed) -> Vec<(&'a Instance, Judgement)> {
        let it = &self.work.expanded.builds[build].build;
        let instances = self.work.instances(build).into_iter();
        instances
            .map(|instance| (instance, judge(instance, it, observed)))
            .collect()
    }

    fn is_tried_again(
        &mut self,
        batch: &Batch,
        build: usize,
        judged: &[(&Instance, Judgement)],
    ) -> bool {
        if batch.builds.len() > 1 {
            (self.wants_another_try)(judged)
        } else {
            self.retries.wants((batch.target, build), judged)
        }
    }

    fn enter(&mut self, finish: &Finish, position: usize, judged: Vec<(&Instance, Judgement)>) {
        let Finish { lane, batch, .. } = finish;
        let build = batch.builds[position];
        let flaky = self.retries.flaky((batch.target, build), &judged);
        let lane_io = &self.lanes[*lane];
        let done = Done {
            build,
            lane: *lane,
            batch: finish.number,
            batch_size: batch.builds.len(),
            attempt: batch.attempt,
            steps: &lane_io.steps,
            times: finish
                .times
                .iter()
                .filter(|t| t.build == position)
                .collect(),
            output: &lane_io.output,
            observed: &finish.observed[position],
        };
        self.recorder.enter(batch.target, &done, judged, &flaky);
    }
}

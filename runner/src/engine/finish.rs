//! Judges a batch that has ended: records its verdicts, or lets builds be tried again.

use std::time::Duration;

use pmsts_testcases::{Instance, Judgement, Observed, Verdict};

use super::actor::Actor;
use crate::record::Done;
use crate::schedule::batch::Batch;
use crate::schedule::second_try::calls_again;
use crate::schedule::{Event, Finish};

impl Actor<'_> {
    /// Closes the testbed and judges its batch. Builds that shared it and failed are tried again.
    pub(super) fn finish(&mut self, finish: &Finish, now: Duration) -> Event {
        let Finish { lane, batch, .. } = finish;
        let it = &mut self.lanes[*lane];
        it.reading = None;
        if it.testbed.take().is_some() {
            let (target, opened) = (it.target, it.opened);
            self.recorder.occupied(target, opened, now);
        }
        let mut wanted = Vec::new();
        let mut failures = 0;
        for (position, build) in batch.builds.iter().enumerate() {
            if finish.interrupted {
                // A batch that an interrupt cut off gives no verdict on the package manager.
                let instances = self.work.instances(*build).into_iter();
                let skipped = instances.map(|it| (it, Judgement::interrupted()));
                self.enter(finish, position, skipped.collect());
                continue;
            }
            match finish.cancelled.get(position) {
                Some(true) => {
                    let skipped = || Judgement::unobserved(Verdict::Skipped, "cancelled");
                    for instance in self.work.instances(*build) {
                        self.recorder
                            .enter_undone(batch.target, instance, skipped());
                    }
                    continue;
                }
                Some(false) => {
                    wanted.push(position);
                    continue;
                }
                None => {}
            }
            let judged = self.work.judge(*build, &finish.observed[position]);
            if self.is_tried_again(batch, *build, &judged) {
                wanted.push(position);
            } else {
                failures += self.enter(finish, position, judged);
            }
        }
        let touched: Vec<bool> = finish.observed.iter().map(Observed::is_touched).collect();
        let calls = calls_again(&wanted, &touched).into_iter();
        let again = calls.map(|builds| batch.part(&builds, &self.work.sites));
        Event::Finished {
            lane: *lane,
            again: again.collect(),
            failures,
        }
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

    /// Records the verdicts, and returns how many are failures that are not known.
    fn enter(
        &mut self,
        finish: &Finish,
        position: usize,
        judged: Vec<(&Instance, Judgement)>,
    ) -> u32 {
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
        self.recorder.enter(batch.target, &done, judged, &flaky)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::rc::Rc;
    use std::sync::Arc;

    use pmsts_eclass_templates::Renderer;
    use pmsts_reports::record::TargetRecord;
    use pmsts_testcases::{
        Fact, Observed, Said, Selection, StepEnd, StepObserved, Suite, Variant, expand, select,
    };

    use super::*;
    use crate::engine::Lanes;
    use crate::record::Recorder;
    use crate::schedule::batch::Outline;
    use crate::schedule::second_try::wants_another_try;
    use crate::schedule::work::Work;
    use crate::target::Room;

    const CASE: &str = "title = \"t\"\nsection = \"s\"\nrequirements = [\"ebuild-functions.default-exists-for-every-phase\"]\n\
                        [case.ebuild]\nsrc_compile = 'observe a b'\n[case.expect]\n\"src_compile.a\" = \"b\"\n";

    fn work() -> Work {
        let case = |id: &str| format!("[[case]]\nid = \"{id}\"\neapis = \"8\"\n{CASE}");
        let suite = Suite::with_text("c", &(case("one") + &case("two"))).unwrap();
        let chosen = select(&suite, &Selection::default()).unwrap();
        let expanded = expand(&suite, &chosen, Variant::Plain).unwrap();
        let sites = Renderer::new().sites(&expanded.builds).unwrap();
        Work::new(Arc::new(suite), expanded, sites, &Arc::default())
    }

    /// What a build shows that does as it should.
    fn well() -> Observed {
        let fact = |phase: &str, said| Fact {
            ebuild: "main".to_owned(),
            phase: phase.to_owned(),
            said,
        };
        let step = StepObserved {
            end: StepEnd::Succeeded,
            facts: vec![
                fact("src_compile", Said::Begin),
                fact("src_compile", Said::Value("a".to_owned(), "b".into())),
                fact("src_compile", Said::End),
            ],
            vdb: [("main".to_owned(), std::collections::BTreeMap::new())].into(),
            ..StepObserved::default()
        };
        Observed {
            steps: [("install".to_owned(), step)].into_iter().collect(),
        }
    }

    /// Finishes a batch of both builds: those tried again, and the verdicts written down.
    fn finished(observed: Vec<Observed>, interrupted: bool) -> (Vec<usize>, Vec<Verdict>) {
        let (work, dir) = (work(), tempfile::tempdir().unwrap());
        let name = |name: &str| name.to_owned();
        let record = TargetRecord::new(name("pm@1"), name("pm"), name("1"), name("pm@1"));
        let recorder = Recorder::new(&work, vec![record], Vec::new());
        let lanes = Lanes {
            trace: false,
            dir: dir.path(),
            count: 1,
            executable: PathBuf::new(),
            room: Room {
                scratch_bytes: 0,
                max_processes: 0,
                network: false,
            },
            retries: 0,
            wants_another_try,
        };
        let mut actor = Actor::new(&work, recorder, lanes).unwrap();
        let outline = |n: &usize| (work.expanded.builds[*n].token.clone(), vec![name("main")]);
        let batch = Batch {
            target: 0,
            builds: vec![0, 1],
            site: work.sites[0].clone(),
            attempt: 1,
            outline: Outline {
                builds: [0, 1].iter().map(outline).collect(),
                steps: vec![name("install")],
            },
            refusal: false,
        };
        let event = actor.finish(
            &Finish {
                lane: 0,
                batch: Rc::new(batch),
                number: 0,
                observed,
                times: Vec::new(),
                interrupted,
                cancelled: Vec::new(),
            },
            Duration::from_secs(1),
        );
        let Event::Finished { lane: 0, again, .. } = event else {
            panic!("{event:?}")
        };
        let targets = actor.into_recorder().close(1, None);
        let verdicts = targets[0].instances.iter().map(|i| i.verdict);
        let again = again.iter().map(|batch| {
            assert_eq!((batch.attempt, batch.builds.len()), (2, 1));
            batch.builds[0]
        });
        (again.collect(), verdicts.collect())
    }

    #[test]
    fn a_build_that_showed_nothing_in_a_shared_call_is_tried_apart() {
        let (again, verdicts) = finished(vec![well(), Observed::default()], false);
        assert_eq!(again, [1]);
        assert_eq!(verdicts, [Verdict::Passed]);
    }

    #[test]
    fn builds_that_an_interrupt_cut_off_are_skipped() {
        let (again, verdicts) = finished(vec![well(), Observed::default()], true);
        assert!(again.is_empty());
        assert_eq!(verdicts, [Verdict::Skipped, Verdict::Skipped]);
    }
}

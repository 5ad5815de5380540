//! The state of a run: the batches that wait, the batch of each lane, and the answer to every event.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use pmsts_testcases::{Judgement, Observed, StepEnd, StepObserved, Verdict};

use super::batch::Batch;
use super::event::{Action, Cancelled, Event, Finish, Stamps};
use super::lane::{Busy, Stage};
use super::limits::{Limits, StopEarly};
use crate::testbed::Exit;

/// The state of a run.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) limits: Limits,
    stop: StopEarly,
    failures: u32,
    /// Why nothing new is begun, where the run ends early.
    stopped: Option<String>,
    queue: VecDeque<Batch>,
    /// How many batches have been started.
    begun: usize,
    pub(super) lanes: Vec<Option<Busy>>,
    interrupts: u32,
    cancelled: Vec<Cancelled>,
    pub(super) refused: BTreeMap<String, u64>,
}

impl State {
    /// Starts with these batches and this number of lanes.
    pub(crate) fn new(limits: Limits, stop: StopEarly, lanes: usize, batches: Vec<Batch>) -> Self {
        Self {
            limits,
            stop,
            failures: 0,
            stopped: None,
            queue: batches.into(),
            begun: 0,
            lanes: (0..lanes.max(1)).map(|_| None).collect(),
            interrupts: 0,
            cancelled: Vec::new(),
            refused: BTreeMap::new(),
        }
    }

    /// All lanes, each with the batch that it works on.
    pub(crate) fn lanes(&self) -> &[Option<Busy>] {
        &self.lanes
    }

    /// Whether the run was interrupted.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupts > 0
    }

    /// Why the run ended before all was done, where it did and was not interrupted.
    pub(crate) fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// The verdict on what was not reached, where the run ended before all was done.
    pub(crate) fn unreached(&self) -> Option<Judgement> {
        let skipped = |why: &String| Judgement::unobserved(Verdict::Skipped, why.clone());
        if self.is_interrupted() {
            return Some(Judgement::interrupted());
        }
        self.stopped.as_ref().map(skipped)
    }

    fn begins_nothing(&self) -> bool {
        self.is_interrupted() || self.stopped.is_some()
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_done(&self) -> bool {
        self.lanes.iter().all(Option::is_none) && (self.queue.is_empty() || self.begins_nothing())
    }

    /// How often a message was refused, by reason.
    pub(crate) fn refused(&self) -> &BTreeMap<String, u64> {
        &self.refused
    }

    /// When the next deadline is.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.lanes.iter().flatten().filter_map(Busy::deadline).min()
    }

    /// Answers an event with actions.
    pub(crate) fn handle(&mut self, event: Event, now: Duration) -> Vec<Action> {
        match event {
            Event::Begin => self.fill_lanes(),
            Event::Ready(lane) => self.ready(lane, now),
            Event::SetupFailed(lane, reason) => {
                self.broken(lane, &format!("the testbed could not be set up: {reason}"))
            }
            Event::NotStarted(lane, reason) => {
                self.broken(lane, &format!("the command could not be started: {reason}"))
            }
            Event::Exited(lane, exit) => self.exited(lane, exit),
            Event::Collected(lane, seen) => self.collected(lane, seen, now),
            Event::Gone(lane) => self.gone(lane),
            Event::Finished {
                lane,
                again,
                failures,
            } => self.finished(lane, again, failures),
            Event::Heard {
                lane,
                from,
                message,
            } => vec![Action::Answer {
                to: from,
                refused: self.hear(lane, message, now).err(),
            }],
            Event::Refused(reason) => {
                self.refuse(&reason);
                Vec::new()
            }
            Event::Output(lane, bytes) => self.output(lane, bytes),
            Event::Tick => self.tick(now),
            Event::Cancel(what) => self.cancel(what, now),
            Event::Interrupt => self.interrupt(now),
        }
    }

    /// Gives idle lanes work.
    fn fill_lanes(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].is_some() || self.begins_nothing() {
                continue;
            }
            if let Some(batch) = self.queue.pop_front().map(Rc::new) {
                let mut busy = Busy::new(Rc::clone(&batch), self.begun);
                self.begun += 1;
                if self.has_cancelled(&batch) {
                    busy.cancelled = true;
                    actions.push(self.finish(lane, &mut busy));
                } else {
                    actions.push(Action::Open { lane, batch });
                }
                self.lanes[lane] = Some(busy);
            }
        }
        actions
    }

    /// Frees the lane. Builds to try again come before all others, so that their verdicts come soon.
    fn finished(&mut self, lane: usize, again: Vec<Batch>, failures: u32) -> Vec<Action> {
        self.lanes[lane] = None;
        self.failures += failures;
        if self.stop.failures.is_some_and(|most| self.failures >= most) {
            let failures = self.failures;
            self.stop_early(|| format!("--fail-fast ended the run after {failures} failures"));
        }
        for batch in again {
            self.queue.push_front(batch);
        }
        self.fill_lanes()
    }

    fn ready(&mut self, lane: usize, now: Duration) -> Vec<Action> {
        if self.is_interrupted() {
            if let Some(busy) = &mut self.lanes[lane] {
                busy.interrupted = true;
            }
            return self.broken(lane, "interrupted");
        }
        self.execute(lane, 0, now)
    }

    fn execute(&mut self, lane: usize, step: usize, now: Duration) -> Vec<Action> {
        let limits = self.limits;
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        let builds = busy.batch.outline.builds.iter();
        let ebuilds = builds.map(|(_, handles)| handles.len()).sum();
        busy.start(step, now, now + limits.command(ebuilds));
        vec![Action::Execute {
            lane,
            batch: Rc::clone(&busy.batch),
            step,
        }]
    }

    /// Handles an error of the harness: steps that were not carried out are broken, and the testbed is closed.
    fn broken(&mut self, lane: usize, reason: &str) -> Vec<Action> {
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        busy.fail(&StepEnd::Broken(reason.to_owned()));
        vec![Action::Kill(lane)]
    }

    fn exited(&mut self, lane: usize, exit: Exit) -> Vec<Action> {
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        let Some((step, stop)) = busy.running() else {
            return Vec::new();
        };
        let end = match (stop, &exit.limit, exit.status) {
            (Some(end), _, _) => end,
            (None, Some(limit), _) => StepEnd::Limit(limit.words().to_owned()),
            (None, None, Some(0)) => StepEnd::Succeeded,
            (None, None, _) => StepEnd::Failed(exit.words()),
        };
        busy.stage = Stage::Collecting { step };
        vec![Action::Collect {
            lane,
            batch: Rc::clone(&busy.batch),
            step,
            end,
            exit,
            before: busy.observed.iter().map(stamps).collect(),
            number: busy.number,
        }]
    }

    /// Keeps what was read after a step and goes on.
    fn collected(&mut self, lane: usize, seen: Vec<StepObserved>, now: Duration) -> Vec<Action> {
        let interrupted = self.is_interrupted();
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        let Stage::Collecting { step } = busy.stage else {
            return Vec::new();
        };
        busy.keep(step, seen);
        let next = step + 1;
        if next < busy.batch.outline.steps.len() && busy.goes_on() {
            if !interrupted {
                return self.execute(lane, next, now);
            }
            busy.interrupted = true;
        }
        busy.stage = Stage::Closing;
        vec![Action::Kill(lane)]
    }

    fn gone(&mut self, lane: usize) -> Vec<Action> {
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        // A testbed that ended unexpectedly has ended the running step with it.
        if let Some((_, stop)) = busy.running() {
            let end = stop
                .unwrap_or_else(|| StepEnd::Broken("the testbed ended unexpectedly".to_owned()));
            busy.fail(&end);
        } else if matches!(busy.stage, Stage::Opening) {
            busy.fail(&StepEnd::Broken(
                "the testbed ended before it was ready".to_owned(),
            ));
        } else if matches!(busy.stage, Stage::Collecting { .. }) {
            busy.fail(&StepEnd::Broken(
                "the testbed ended while its files were read".to_owned(),
            ));
        }
        let Some(mut busy) = self.lanes[lane].take() else {
            return Vec::new();
        };
        let finish = self.finish(lane, &mut busy);
        self.lanes[lane] = Some(busy);
        vec![finish]
    }

    fn finish(&self, lane: usize, busy: &mut Busy) -> Action {
        busy.stage = Stage::Closing;
        let target = busy.batch.target;
        let is_cancelled = |build: &usize| self.covers(target, *build);
        let builds = busy.batch.builds.iter().filter(|_| busy.cancelled);
        let cancelled = builds.map(is_cancelled).collect();
        Action::Finish(Box::new(Finish {
            lane,
            batch: Rc::clone(&busy.batch),
            number: busy.number,
            observed: std::mem::take(&mut busy.observed),
            times: std::mem::take(&mut busy.times),
            interrupted: busy.interrupted,
            cancelled,
        }))
    }

    /// Whether a build on a target is cancelled.
    fn covers(&self, target: usize, build: usize) -> bool {
        self.cancelled.iter().any(|it| it.covers(target, build))
    }

    fn has_cancelled(&self, batch: &Batch) -> bool {
        let mut builds = batch.builds.iter();
        builds.any(|build| self.covers(batch.target, *build))
    }

    /// Stops the commands of what is cancelled; its testbeds are closed, and the run goes on.
    fn cancel(&mut self, what: Cancelled, now: Duration) -> Vec<Action> {
        self.cancelled.push(what);
        let grace = self.limits.grace;
        let mut actions = Vec::new();
        for (lane, busy) in self.lanes.iter_mut().enumerate() {
            let Some(busy) = busy else { continue };
            let mut builds = busy.batch.builds.iter();
            if !builds.any(|build| what.covers(busy.batch.target, *build)) {
                continue;
            }
            if busy.running().is_some() && !busy.is_stopping() {
                busy.cancelled = true;
                busy.stop(StepEnd::Broken("cancelled".to_owned()), now + grace);
                actions.push(Action::Terminate(lane));
            } else if matches!(busy.stage, Stage::Opening) {
                busy.cancelled = true;
                actions.push(Action::Kill(lane));
            }
        }
        actions
    }

    fn output(&mut self, lane: usize, bytes: u64) -> Vec<Action> {
        let limit = self.limits.output_bytes;
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        if busy.add_output(bytes) <= limit || busy.is_stopping() {
            return Vec::new();
        }
        let end = StepEnd::Limit(format!("ended at the limit of {limit} bytes of output"));
        busy.stop(end, Duration::ZERO);
        vec![Action::Kill(lane)]
    }

    fn stop_early(&mut self, why: impl FnOnce() -> String) {
        if !self.queue.is_empty() {
            self.stopped.get_or_insert_with(why);
        }
    }

    fn tick(&mut self, now: Duration) -> Vec<Action> {
        if let Some(time) = self.stop.time.filter(|time| now >= *time) {
            let seconds = time.as_secs();
            self.stop_early(|| format!("--max-time ended the run after {seconds} s"));
        }
        let grace = self.limits.grace;
        let mut actions = Vec::new();
        for (lane, busy) in self.lanes.iter_mut().enumerate() {
            let Some(busy) = busy else { continue };
            if busy.deadline().is_none_or(|deadline| deadline > now) {
                continue;
            }
            if busy.is_stopping() {
                busy.clear_deadline();
                actions.push(Action::Kill(lane));
            } else {
                let limit = busy.time_allowed();
                let end =
                    StepEnd::TimedOut(format!("ended at the time limit of {} s", limit.as_secs()));
                busy.stop(end, now + grace);
                actions.push(Action::Terminate(lane));
            }
        }
        actions
    }

    fn interrupt(&mut self, now: Duration) -> Vec<Action> {
        self.interrupts += 1;
        let grace = self.limits.grace;
        let at_once = self.interrupts > 1;
        let mut actions = Vec::new();
        for (lane, busy) in self.lanes.iter_mut().enumerate() {
            let Some(busy) = busy else { continue };
            let asked = busy.running().is_some() && !busy.is_stopping();
            if asked {
                busy.interrupted = true;
                busy.stop(StepEnd::Broken("interrupted".to_owned()), now + grace);
            }
            let opening = matches!(busy.stage, Stage::Opening);
            busy.interrupted |=
                opening || (at_once && matches!(busy.stage, Stage::Collecting { .. }));
            if at_once || opening {
                actions.push(Action::Kill(lane));
            } else if asked {
                actions.push(Action::Terminate(lane));
            }
        }
        actions
    }
}

/// The vdb entries after the last step that was reached.
fn stamps(observed: &Observed) -> Stamps {
    let steps = observed.steps.values();
    let mut reached = steps.rev().filter(|step| step.end != StepEnd::NotReached);
    reached
        .next()
        .map_or_else(Stamps::new, |step| step.stamps.clone())
}

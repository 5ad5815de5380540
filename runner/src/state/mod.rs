//! What to do next. Pure: an event goes in, actions come out; time is told, never asked.

mod event;
mod hear;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use pmsts_testcases::{Observed, StepEnd, StepObserved};

use crate::plan::Batch;
use crate::testbed::Exit;
pub use event::{Action, Event};
pub use lane::{Busy, PhaseTime, Stage};

/// Limits of a run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one command, before anything is added for its builds.
    pub step: Duration,
    /// Time added for each build.
    pub build: Duration,
    /// Time between asking a command to stop and ending it.
    pub grace: Duration,
    /// Most output of one command, in bytes.
    pub output_bytes: u64,
    /// Most observations of one build.
    pub facts: usize,
    /// Most bytes observed of one build.
    pub fact_bytes: usize,
}

/// The name of a step and the tokens of a batch's builds: all that the state must know of them.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Tokens of the builds, in the batch's order, each with the handles of its ebuilds.
    pub builds: Vec<(String, Vec<String>)>,
    /// Names of the steps.
    pub steps: Vec<String>,
}

/// The state of a run.
#[derive(Debug)]
pub struct State {
    limits: Limits,
    batches: Vec<Batch>,
    outlines: Vec<Outline>,
    queue: VecDeque<usize>,
    lanes: Vec<Option<Busy>>,
    interrupts: u32,
    refused: BTreeMap<String, u64>,
}

impl State {
    /// A run of the batches in so many lanes.
    pub fn new(limits: Limits, lanes: usize) -> Self {
        Self {
            limits,
            batches: Vec::new(),
            outlines: Vec::new(),
            queue: VecDeque::new(),
            lanes: (0..lanes.max(1)).map(|_| None).collect(),
            interrupts: 0,
            refused: BTreeMap::new(),
        }
    }

    /// Adds work: at the end, or (a second try) before all else, so that its verdict comes soon.
    pub fn add(&mut self, batch: Batch, outline: Outline) {
        let index = self.batches.len();
        if batch.attempt > 1 {
            self.queue.push_front(index);
        } else {
            self.queue.push_back(index);
        }
        self.batches.push(batch);
        self.outlines.push(outline);
    }

    /// A batch.
    pub fn batch(&self, index: usize) -> &Batch {
        &self.batches[index]
    }

    /// What the lane is busy with.
    pub fn busy(&self, lane: usize) -> Option<&Busy> {
        self.lanes[lane].as_ref()
    }

    /// All lanes.
    pub fn lanes(&self) -> &[Option<Busy>] {
        &self.lanes
    }

    /// Whether the run was interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.interrupts > 0
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.lanes.iter().all(Option::is_none) && (self.queue.is_empty() || self.is_interrupted())
    }

    /// Batches that wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How often a message was refused, by reason.
    pub fn refused(&self) -> &BTreeMap<String, u64> {
        &self.refused
    }

    /// When the next deadline is.
    pub fn deadline(&self) -> Option<Duration> {
        self.lanes.iter().flatten().filter_map(Busy::deadline).min()
    }

    /// What was observed in the lane's batch, a build each. Taken when the batch is finished.
    pub fn take_observed(&mut self, lane: usize) -> Vec<Observed> {
        self.lanes[lane]
            .as_mut()
            .map(|busy| std::mem::take(&mut busy.observed))
            .unwrap_or_default()
    }

    /// What the vdb had after the steps so far, for each build of the lane's batch.
    pub fn stamps(&self, lane: usize) -> Vec<BTreeMap<String, (u64, i64, u32)>> {
        let observed = self.lanes[lane].iter().flat_map(|busy| &busy.observed);
        let last = |o: &Observed| {
            o.steps
                .values()
                .rev()
                .find(|s| s.end != StepEnd::NotReached)
                .map(|s| s.stamps.clone())
        };
        observed.map(|o| last(o).unwrap_or_default()).collect()
    }

    /// Gives idle lanes work.
    pub fn fill_lanes(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].is_some() || self.is_interrupted() {
                continue;
            }
            if let Some(batch) = self.queue.pop_front() {
                self.lanes[lane] = Some(Busy::new(batch, self.batches[batch].builds.len()));
                actions.push(Action::Open { lane, batch });
            }
        }
        actions
    }

    /// Answers an event.
    pub fn handle(&mut self, event: Event, now: Duration) -> Vec<Action> {
        match event {
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
            Event::Output(lane, bytes) => self.output(lane, bytes),
            Event::Tick => self.tick(now),
            Event::Interrupt => self.interrupt(now),
        }
    }

    fn busy_mut(&mut self, lane: usize) -> Option<&mut Busy> {
        self.lanes[lane].as_mut()
    }

    fn ready(&mut self, lane: usize, now: Duration) -> Vec<Action> {
        if self.is_interrupted() {
            return self.broken(lane, "interrupted");
        }
        self.execute(lane, 0, now)
    }

    fn execute(&mut self, lane: usize, step: usize, now: Duration) -> Vec<Action> {
        let Limits {
            step: base, build, ..
        } = self.limits;
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        let builds = u32::try_from(self.batches[busy.batch].builds.len()).unwrap_or(u32::MAX);
        busy.start(step, now, now + base + build * builds);
        vec![Action::Execute {
            lane,
            batch: busy.batch,
            step,
        }]
    }

    /// A fault of ours: every step that was not carried out is broken, and the testbed goes.
    fn broken(&mut self, lane: usize, reason: &str) -> Vec<Action> {
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        let names = &self.outlines[busy.batch].steps;
        busy.fail(names, &StepEnd::Broken(reason.to_owned()));
        vec![Action::Kill(lane)]
    }

    fn exited(&mut self, lane: usize, exit: Exit) -> Vec<Action> {
        let Some(busy) = self.busy_mut(lane) else {
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
            batch: busy.batch,
            step,
            end,
            exit: Some(exit),
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
        let steps = &self.outlines[busy.batch].steps;
        busy.keep(&steps[step], seen);
        let next = step + 1;
        if next < steps.len() && !interrupted && busy.goes_on() {
            return self.execute(lane, next, now);
        }
        busy.stage = Stage::Closing;
        vec![Action::Kill(lane)]
    }

    fn gone(&mut self, lane: usize) -> Vec<Action> {
        let Some(busy) = self.lanes[lane].as_mut() else {
            return Vec::new();
        };
        // A testbed that goes without being told to took a running step with it.
        if let Some((_, stop)) = busy.running() {
            let end =
                stop.unwrap_or_else(|| StepEnd::Broken("the testbed ended unasked".to_owned()));
            busy.fail(&self.outlines[busy.batch].steps, &end);
        } else if matches!(busy.stage, Stage::Opening) {
            let end = StepEnd::Broken("the testbed ended before it was ready".to_owned());
            busy.fail(&self.outlines[busy.batch].steps, &end);
        }
        busy.stage = Stage::Closing;
        vec![Action::Finish {
            lane,
            batch: busy.batch,
        }]
    }

    /// The lane is free again, once its batch was judged.
    pub fn release(&mut self, lane: usize) -> Vec<Action> {
        self.lanes[lane] = None;
        self.fill_lanes()
    }

    fn output(&mut self, lane: usize, bytes: u64) -> Vec<Action> {
        let limit = self.limits.output_bytes;
        let Some(busy) = self.busy_mut(lane) else {
            return Vec::new();
        };
        if busy.add_output(bytes) <= limit || busy.is_stopping() {
            return Vec::new();
        }
        let end = StepEnd::Limit(format!("ended at the limit of {limit} bytes of output"));
        busy.stop(end, Duration::ZERO);
        vec![Action::Kill(lane)]
    }

    fn tick(&mut self, now: Duration) -> Vec<Action> {
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
                busy.stop(StepEnd::Broken("interrupted".to_owned()), now + grace);
            }
            if at_once || matches!(busy.stage, Stage::Opening) {
                actions.push(Action::Kill(lane));
            } else if asked {
                actions.push(Action::Terminate(lane));
            }
        }
        actions
    }
}

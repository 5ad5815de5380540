//! The state of one lane: its testbed, the batch in it, how far that is, and what its phases reported.

use std::rc::Rc;
use std::time::Duration;

use pmsts_testcases::{Fact, Observed, Said, StepEnd, StepObserved};

use super::batch::Batch;
use super::limits::Limits;

/// The batch that a lane works on.
#[derive(Debug)]
pub(crate) struct Busy {
    /// The batch.
    pub batch: Rc<Batch>,
    /// Number of the batch in the run, from 0.
    pub number: usize,
    /// Whether an interrupt has cut it off.
    pub interrupted: bool,
    /// Whether it was cut off as something in it was cancelled.
    pub cancelled: bool,
    /// How far it is.
    pub stage: Stage,
    /// The observations of each build so far.
    pub observed: Vec<Observed>,
    /// When phases began and ended.
    pub times: Vec<PhaseTime>,
    output_bytes: u64,
    heard: Vec<(usize, usize)>,
}

/// When a phase began and ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhaseTime {
    /// Position of the build in the batch.
    pub build: usize,
    /// Name of the step.
    pub step: String,
    /// Handle of the ebuild.
    pub ebuild: String,
    /// The phase.
    pub phase: String,
    /// When it began, since the start of the run.
    pub begin: Duration,
    /// When it ended, if it reported that.
    pub end: Option<Duration>,
}

/// How far a lane is with its batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// The testbed is being set up.
    Opening,
    /// A step's command runs.
    Running {
        /// Position of the step.
        step: usize,
        /// When it began.
        since: Duration,
        /// When it is asked to stop; if it was asked already, when it is killed.
        deadline: Option<Duration>,
        /// Why it is being stopped.
        stop: Option<StepEnd>,
    },
    /// What the step left is being read.
    Collecting {
        /// Position of the step.
        step: usize,
    },
    /// The testbed is being closed.
    Closing,
}

impl Busy {
    pub(super) fn new(batch: Rc<Batch>, number: usize) -> Self {
        let builds = batch.builds.len();
        Self {
            batch,
            number,
            interrupted: false,
            cancelled: false,
            stage: Stage::Opening,
            observed: vec![Observed::default(); builds],
            times: Vec::new(),
            output_bytes: 0,
            heard: vec![(0, 0); builds],
        }
    }

    pub(super) fn start(&mut self, step: usize, now: Duration, deadline: Duration) {
        self.output_bytes = 0;
        self.stage = Stage::Running {
            step,
            since: now,
            deadline: Some(deadline),
            stop: None,
        };
    }

    /// The running step, and why it is being stopped.
    pub(super) fn running(&self) -> Option<(usize, Option<StepEnd>)> {
        match &self.stage {
            Stage::Running { step, stop, .. } => Some((*step, stop.clone())),
            _ => None,
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        matches!(&self.stage, Stage::Running { stop: Some(_), .. })
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        match &self.stage {
            Stage::Running { deadline, .. } => *deadline,
            _ => None,
        }
    }

    pub(super) fn clear_deadline(&mut self) {
        if let Stage::Running { deadline, .. } = &mut self.stage {
            *deadline = None;
        }
    }

    pub(super) fn time_allowed(&self) -> Duration {
        match &self.stage {
            Stage::Running {
                since,
                deadline: Some(deadline),
                ..
            } => deadline.saturating_sub(*since),
            _ => Duration::ZERO,
        }
    }

    pub(super) fn stop(&mut self, end: StepEnd, until: Duration) {
        if let Stage::Running { deadline, stop, .. } = &mut self.stage {
            *stop = Some(end);
            *deadline = Some(until);
        }
    }

    pub(super) fn add_output(&mut self, bytes: u64) -> u64 {
        self.output_bytes += bytes;
        self.output_bytes
    }

    /// Records for every build that the running step ended like this, or the first step if none runs.
    pub(super) fn fail(&mut self, end: &StepEnd) {
        let steps = &self.batch.outline.steps;
        let step = match self.stage {
            Stage::Running { step, .. } | Stage::Collecting { step } => step,
            Stage::Opening | Stage::Closing => 0,
        };
        for observed in &mut self.observed {
            observed.steps.entry(steps[step].clone()).or_default().end = end.clone();
        }
        self.stage = Stage::Closing;
    }

    /// Adds what was read after a step to what phases reported in it.
    pub(super) fn keep(&mut self, step: usize, seen: Vec<StepObserved>) {
        let step = &self.batch.outline.steps[step];
        for (observed, seen) in self.observed.iter_mut().zip(seen) {
            let slot = observed.steps.entry(step.clone()).or_default();
            let facts = std::mem::take(&mut slot.facts);
            *slot = StepObserved { facts, ..seen };
        }
    }

    /// Whether the next step can start: not after a step that was cut off.
    pub(super) fn goes_on(&self) -> bool {
        self.observed
            .iter()
            .flat_map(|o| o.steps.values())
            .all(|step| matches!(step.end, StepEnd::Succeeded | StepEnd::Failed(_)))
    }

    /// Records an observation, within the limits.
    pub(super) fn hear(
        &mut self,
        build: usize,
        step: usize,
        fact: Fact,
        now: Duration,
        limits: Limits,
    ) -> Result<(), String> {
        let step = self.batch.outline.steps[step].clone();
        let (count, bytes) = &mut self.heard[build];
        *count += 1;
        *bytes += match &fact.said {
            Said::Value(key, value) => key.len() + value.0.len(),
            Said::Begin | Said::End => 0,
        };
        if *count > limits.facts || *bytes > limits.fact_bytes {
            return Err("the build has sent too much".to_owned());
        }
        self.time(build, &step, &fact, now);
        self.observed[build]
            .steps
            .entry(step)
            .or_default()
            .facts
            .push(fact);
        Ok(())
    }

    fn time(&mut self, build: usize, step: &str, fact: &Fact, now: Duration) {
        match fact.said {
            Said::Begin => self.times.push(PhaseTime {
                build,
                step: step.to_owned(),
                ebuild: fact.ebuild.clone(),
                phase: fact.phase.clone(),
                begin: now,
                end: None,
            }),
            Said::End => {
                let open = self.times.iter_mut().rev().find(|t| {
                    t.build == build
                        && t.step == step
                        && t.ebuild == fact.ebuild
                        && t.phase == fact.phase
                        && t.end.is_none()
                });
                if let Some(open) = open {
                    open.end = Some(now);
                }
            }
            Said::Value(..) => {}
        }
    }
}

//! What happens to a run, and what is to be done about it.

use pmsts_testcases::{StepEnd, StepObserved};

use crate::testbed::Exit;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A testbed can execute commands.
    Ready(usize),
    /// A testbed could not be set up; it goes away by itself.
    SetupFailed(usize, String),
    /// A command could not be started.
    NotStarted(usize, String),
    /// A command ended.
    Exited(usize, Exit),
    /// What was read after a step, for each build of the batch.
    Collected(usize, Vec<StepObserved>),
    /// All processes of a testbed are gone.
    Gone(usize),
    /// So much output came of the running command, in bytes.
    Output(usize, u64),
    /// Nothing but time has passed.
    Tick,
    /// The user asked to stop: politely at first, then at once.
    Interrupt,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open a testbed for the batch in the lane.
    Open {
        /// The lane.
        lane: usize,
        /// Position of the batch.
        batch: usize,
    },
    /// Execute a step of the batch.
    Execute {
        /// The lane.
        lane: usize,
        /// Position of the batch.
        batch: usize,
        /// Position of the step.
        step: usize,
    },
    /// Read what a step left: files, vdb, metadata.
    Collect {
        /// The lane.
        lane: usize,
        /// Position of the batch.
        batch: usize,
        /// Position of the step.
        step: usize,
        /// How the step's command ended.
        end: StepEnd,
        /// Exit as told by the testbed, where there was one.
        exit: Option<Exit>,
    },
    /// Ask the running command to stop.
    Terminate(usize),
    /// End the testbed with all its processes.
    Kill(usize),
    /// The batch is through: judge it.
    Finish {
        /// The lane.
        lane: usize,
        /// Position of the batch.
        batch: usize,
    },
}

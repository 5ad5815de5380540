//! The events that happen in a run, and the actions that answer them.

use std::collections::BTreeMap;
use std::rc::Rc;

use pmsts_ipc::message::Message;
use pmsts_testcases::{Observed, StepEnd, StepObserved};

use super::batch::Batch;
use super::lane::PhaseTime;
use crate::testbed::Exit;

/// An event.
#[derive(Debug)]
pub(crate) enum Event {
    /// The run begins: the lanes are free.
    Begin,
    /// A testbed can execute commands.
    Ready(usize),
    /// A testbed could not be set up; it ends by itself.
    SetupFailed(usize, String),
    /// A command could not be started.
    NotStarted(usize, String),
    /// A command ended.
    Exited(usize, Exit),
    /// What was read after a step, for each build of the batch.
    Collected(usize, Vec<StepObserved>),
    /// All processes of a testbed are gone.
    Gone(usize),
    /// A batch was judged and recorded.
    Finished {
        /// The lane, which is free again.
        lane: usize,
        /// A batch for each build that is tried again.
        again: Vec<Batch>,
        /// How many of its instances failed.
        failures: u32,
    },
    /// A phase in the lane's testbed sent a message.
    Heard {
        /// The lane.
        lane: usize,
        /// The connection that it came by, for the answer.
        from: usize,
        /// The message.
        message: Message,
    },
    /// A message or a connection was refused, for this reason.
    Refused(String),
    /// The running command printed this many bytes.
    Output(usize, u64),
    /// Time has passed.
    Tick,
    /// The user asked to cancel something.
    Cancel(Cancelled),
    /// The user asked to stop: the first time commands are asked to stop, the second time testbeds are killed.
    Interrupt,
}

/// What the user does not want any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// All builds of the target at this position.
    Target(usize),
    /// The build at this position, on every target.
    Build(usize),
}

impl Cancelled {
    /// Whether it is about a build on a target.
    pub(super) fn covers(self, target: usize, build: usize) -> bool {
        match self {
            Self::Target(it) => it == target,
            Self::Build(it) => it == build,
        }
    }
}

/// Inode and modification time of an installed package's entry in the vdb, by handle of the ebuild.
pub(crate) type Stamps = BTreeMap<String, (u64, i64, u32)>;

/// An action, which the engine carries out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Open a testbed for the batch in the lane.
    Open {
        /// The lane.
        lane: usize,
        /// The batch.
        batch: Rc<Batch>,
    },
    /// Execute a step of the lane's batch.
    Execute {
        /// The lane.
        lane: usize,
        /// The batch.
        batch: Rc<Batch>,
        /// Position of the step.
        step: usize,
    },
    /// Read what a step left: files, vdb, metadata.
    Collect {
        /// The lane.
        lane: usize,
        /// The batch.
        batch: Rc<Batch>,
        /// Position of the step.
        step: usize,
        /// How the step's command ended.
        end: StepEnd,
        /// The exit that the testbed reported.
        exit: Exit,
        /// The vdb entries before the step, for each build.
        before: Vec<Stamps>,
        /// Number of the batch in the run, from 0.
        number: usize,
    },
    /// Answer a message: it is accepted, or refused with a reason.
    Answer {
        /// The connection.
        to: usize,
        /// Why it is refused, if it is.
        refused: Option<String>,
    },
    /// Ask the running command to stop.
    Terminate(usize),
    /// Kill the testbed with all its processes.
    Kill(usize),
    /// Judge a batch that has ended.
    Finish(Box<Finish>),
}

/// A batch that has ended, and what was observed of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finish {
    /// The lane.
    pub lane: usize,
    /// The batch.
    pub batch: Rc<Batch>,
    /// Number of the batch in the run, from 0.
    pub number: usize,
    /// The observations of each build.
    pub observed: Vec<Observed>,
    /// When phases began and ended.
    pub times: Vec<PhaseTime>,
    /// Whether an interrupt cut it off, so that no verdict on the package manager follows.
    pub interrupted: bool,
    /// Where something was cancelled in it: for each build, whether that is it. The others are run again.
    pub cancelled: Vec<bool>,
}

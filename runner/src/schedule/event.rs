//! What happens to a run, and what is to be done about it.

use std::collections::BTreeMap;
use std::rc::Rc;

use pmsts_ipc::message::Message;
use pmsts_testcases::{Observed, StepEnd, StepObserved};

use super::batch::Batch;
use super::lane::PhaseTime;
use crate::testbed::Exit;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// The run begins: the lanes are free.
    Begin,
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
    /// A batch was judged and written down; these builds are to be tried again.
    Finished {
        /// The lane, which is free again.
        lane: usize,
        /// A batch for each build that is tried again.
        again: Vec<Batch>,
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
    /// Something that came by a socket was refused, for this reason.
    Refused(String),
    /// The running command printed so many bytes.
    Output(usize, u64),
    /// Nothing but time has passed.
    Tick,
    /// The user asked to stop: politely at first, then at once.
    Interrupt,
}

/// Inode and modification time of an installed package's entry in the vdb, by handle of the ebuild.
pub(crate) type Stamps = BTreeMap<String, (u64, i64, u32)>;

/// Something to be done.
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
        /// Exit as told by the testbed.
        exit: Exit,
        /// What the vdb had before the step, for each build.
        before: Vec<Stamps>,
    },
    /// Answer a message: nothing where it was taken in, else why it was refused.
    Answer {
        /// The connection.
        to: usize,
        /// Why it was refused.
        refused: Option<String>,
    },
    /// Ask the running command to stop.
    Terminate(usize),
    /// End the testbed with all its processes.
    Kill(usize),
    /// The batch is through: judge it.
    Finish(Box<Finish>),
}

/// A batch that is through, and what was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finish {
    /// The lane.
    pub lane: usize,
    /// The batch.
    pub batch: Rc<Batch>,
    /// Number of the batch in the run, from 0.
    pub number: usize,
    /// What was observed, a build each.
    pub observed: Vec<Observed>,
    /// When phases began and ended.
    pub times: Vec<PhaseTime>,
    /// Whether an interrupt cut it off, so that it says nothing of the package manager.
    pub interrupted: bool,
}

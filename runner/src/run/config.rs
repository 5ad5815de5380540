//! What a run is asked to do, fully resolved.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pmsts_reports::record::TargetRecord;
use pmsts_testcases::Selection;

use crate::adapter::Adapter;
use crate::provision::{Spec, bash};
use crate::schedule::Limits;
use crate::target::Room;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// Package managers; none: those found, else the newest of the registry.
    pub pms: Vec<Spec>,
    /// Which Bash.
    pub bash: bash::Choice,
    /// Which cases, in which EAPIs.
    pub selection: Selection,
    /// Case files instead of the program's own.
    pub cases: Option<PathBuf>,
    /// Adapters beside the program's own.
    pub adapters: Vec<Adapter>,
    /// Testbeds side by side.
    pub jobs: usize,
    /// Most builds in one call of a package manager.
    pub batch: usize,
    /// Only these instances of the selection, where given.
    pub only: Option<BTreeSet<String>>,
    /// Whether verdicts of earlier runs may be used where nothing has changed.
    pub cache: bool,
    /// What an interrupted run came to, to go on from.
    pub resume: Vec<TargetRecord>,
    /// How often to run the same.
    pub repeat: u32,
    /// How often to try again what fails alone.
    pub retries: u32,
    /// Limits of time and talk.
    pub limits: Limits,
    /// Limits of room and processes.
    pub room: Room,
    /// Where the run can be found and asked, besides its private directory.
    pub socket: Option<PathBuf>,
    /// Arguments as given, for the record.
    pub arguments: Vec<String>,
}

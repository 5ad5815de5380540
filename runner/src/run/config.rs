//! The configuration of a run, with all options resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pmsts_reports::record::TargetRecord;
use pmsts_testcases::Selection;

use crate::adapter::Adapter;
use crate::affected::Order;
use crate::provision::{Spec, bash};
use crate::record::known::Known;
use crate::schedule::{Limits, StopEarly};
use crate::target::Room;
use crate::testbed::Choice;
use crate::verdicts::Rule;

/// The configuration of a run.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct RunConfig {
    /// Package managers to test; if empty, those on PATH, else the newest releases of the package index.
    pub pms: Vec<Spec>,
    /// Whether releases get the newest dependencies, and not those of the day on which they were published.
    pub fresh_dependencies: bool,
    /// The Bash that phases run in.
    pub bash: bash::Choice,
    /// The backend of testbeds; if none is chosen, the one of this user.
    pub testbed: Option<Choice>,
    /// Whether builds are confined by the program that package managers use for it.
    pub sandbox: bool,
    /// Whether the machine is thrown away after the run, so that the backend `host` may be used.
    pub disposable: bool,
    /// The cases to run, and their EAPIs.
    pub selection: Selection,
    /// Directory of case files to use instead of the built-in ones.
    pub cases: Option<PathBuf>,
    /// Adapters in addition to the built-in ones.
    pub adapters: Vec<Adapter>,
    /// Number of testbeds at once.
    pub jobs: usize,
    /// Number of builds in one call of a package manager, at most.
    pub batch: usize,
    /// If given, the only instances of the selection to run.
    pub only: Option<BTreeSet<String>>,
    /// Whether to reuse verdicts of earlier runs if nothing that they depend on has changed.
    pub cache: bool,
    /// Stores of others, each with the cases that it is for; the first that fits counts.
    pub stores: Vec<Rule>,
    /// Whether a store that cannot be reached keeps the run from being carried out.
    pub stores_required: bool,
    /// Targets of the interrupted run that this one continues, with their verdicts.
    pub resume: Vec<TargetRecord>,
    /// How often to run every case.
    pub repeat: u32,
    /// How often to run a build again that fails when it runs alone.
    pub retries: u32,
    /// What ends the run before all is done.
    pub stop: StopEarly,
    /// The failures that do not count among those which end the run early.
    pub known: Known,
    /// Whether to watch which functions of the package managers are used.
    pub trace: bool,
    /// Which builds of checkouts come first, by specification.
    pub orders: BTreeMap<String, Order>,
    /// Limits of time, output and observations.
    pub limits: Limits,
    /// Limits of space and processes.
    pub room: Room,
    /// Path of another socket at which the run answers `pmsts status`.
    pub socket: Option<PathBuf>,
    /// Command-line arguments, for the record.
    pub arguments: Vec<String>,
}

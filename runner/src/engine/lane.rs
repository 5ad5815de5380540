//! The resources of a lane, which holds one testbed after another: its socket, the client beside it, and the output of
//! the running command.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use mio::net::UnixListener;
use pmsts_testcases::StepEnd;

use crate::adapter::{Context, Setup};
use crate::record::output_tail::OutputTail;
use crate::record::step::StepTime;
use crate::schedule::Stamps;
use crate::schedule::batch::Batch;
use crate::testbed::client::CLIENT;
use crate::testbed::{Exit, Testbed};

/// A step that ended, while the testbed looks at what it left.
pub(super) struct Reading {
    pub(super) batch: Rc<Batch>,
    pub(super) step: usize,
    pub(super) end: StepEnd,
    pub(super) exit: Exit,
    /// What the vdb of each build had before it.
    pub(super) before: Vec<Stamps>,
}

/// The resources of a lane.
pub(super) struct Lane {
    pub(super) dir: PathBuf,
    pub(super) listener: UnixListener,
    pub(super) testbed: Option<Box<dyn Testbed>>,
    pub(super) reading: Option<Reading>,
    pub(super) opened: Duration,
    pub(super) target: usize,
    pub(super) setup: Setup,
    pub(super) context: Option<Context>,
    pub(super) output: OutputTail,
    pub(super) steps: Vec<StepTime>,
}

impl Lane {
    /// Makes a lane with its socket. The directory that testbeds show holds the socket and the client.
    pub(super) fn new(dir: &Path) -> io::Result<Self> {
        let run = dir.join("run");
        fs::create_dir_all(&run)?;
        fs::write(run.join("observe"), CLIENT)?;
        fs::set_permissions(run.join("observe"), fs::Permissions::from_mode(0o755))?;
        let socket = run.join("socket");
        // An earlier run of the same session had one here.
        let _ = fs::remove_file(&socket);
        let listener = UnixListener::bind(socket)?;
        Ok(Self {
            dir: dir.to_owned(),
            listener,
            testbed: None,
            reading: None,
            opened: Duration::ZERO,
            target: 0,
            setup: Setup::default(),
            context: None,
            output: OutputTail::default(),
            steps: Vec::new(),
        })
    }
}

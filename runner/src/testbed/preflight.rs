//! Opens one testbed before a run begins, so that what every testbed lacks on this machine is reported once.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use pmsts_testcases::model::{Content, ContentKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::spec::Spec;
use super::{Ground, Notice, Stubbed, Testbed as _};

/// How long a testbed may take to become ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a testbed below `dir` and closes it. The error names the step that failed.
pub(crate) fn preflight(ground: &Ground, dir: &Path, executable: &Path) -> Result<(), String> {
    let directory = Content {
        kind: ContentKind::Directory,
        ..Content::default()
    };
    let spec = Spec {
        scratch_bytes: 1 << 20,
        max_processes: 16,
        // A directory in place of one that is hidden: not every file system can keep a note of that.
        hidden: vec!["/var/log".to_owned()],
        files: [("/var/log/pmsts/within".to_owned(), directory)].into(),
        ..ground.spec()
    };
    let starting = |e: io::Error| format!("starting a testbed: {e}");
    let mut testbed = Stubbed::open(spec, dir, executable).map_err(starting)?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match testbed.notice().map_err(starting)? {
            Some(Notice::Ready) => return Ok(()),
            Some(Notice::SetupFailed { step, error }) => return Err(format!("{step}: {error}")),
            None if is_gone(&testbed) => return Err("it ended before it was ready".to_owned()),
            Some(_) | None => {}
        }
    }
    Err(format!("it is not ready after {} s", PATIENCE.as_secs()))
}

/// Waits until the testbed sends a notice or is gone; returns whether it is gone.
fn is_gone(testbed: &Stubbed) -> bool {
    let mut fds = [
        PollFd::from_borrowed_fd(testbed.control(), PollFlags::IN),
        PollFd::from_borrowed_fd(testbed.gone(), PollFlags::IN),
    ];
    let second = Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    };
    let _ = poll(&mut fds, Some(&second));
    let [control, gone] = fds.map(|fd| fd.revents());
    !gone.is_empty() && control.is_empty()
}

//! A testbed for a test, and what it says.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use pmsts::testbed::spec::{Command, Spec};
use pmsts::testbed::{Exit, Ground, Notice, Stubbed, Testbed as _};
use pmsts_testcases::FileSeen;
use pmsts_testcases::model::{Content, ContentKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) struct Bed {
    pub(crate) bed: Stubbed,
    _dir: tempfile::TempDir,
}

/// The backends that can be tried here, each by its name.
pub(crate) const BACKENDS: [&str; 2] = ["overlay", "user"];

pub(crate) fn spec() -> Spec {
    Spec {
        scratch_bytes: 64 << 20,
        max_processes: 200,
        ..Spec::default()
    }
}

pub(crate) fn executable() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_pmsts"))
}

impl Bed {
    pub(crate) fn open(spec: Spec, program: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bed = Stubbed::open(spec, dir.path(), program).unwrap();
        Self { bed, _dir: dir }
    }

    /// A testbed of a backend.
    pub(crate) fn of(backend: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let choice = backend.parse().unwrap();
        let ground = Ground::prepare(&choice, dir.path(), None).unwrap();
        let spec = Spec {
            scratch_bytes: 64 << 20,
            max_processes: 200,
            ..ground.spec()
        };
        let bed = Stubbed::open(spec, dir.path(), executable()).unwrap();
        let mut this = Self { bed, _dir: dir };
        this.await_ready();
        this
    }

    pub(crate) fn ready(spec: Spec) -> Self {
        Self::ready_from(spec, executable())
    }

    pub(crate) fn ready_from(spec: Spec, program: &Path) -> Self {
        let mut bed = Self::open(spec, program);
        bed.await_ready();
        bed
    }

    fn await_ready(&mut self) {
        loop {
            match self.next() {
                Notice::Ready => return,
                Notice::Born(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) fn next(&mut self) -> Notice {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(notice) = self.bed.notice().unwrap() {
                return notice;
            }
            assert!(Instant::now() < deadline, "no notice in 30 s");
            let mut fds = [PollFd::from_borrowed_fd(self.bed.control(), PollFlags::IN)];
            poll(
                &mut fds,
                Some(&Timespec {
                    tv_sec: 1,
                    tv_nsec: 0,
                }),
            )
            .unwrap();
        }
    }

    pub(crate) fn run(&mut self, script: &str) -> Exit {
        self.run_with(script, None)
    }

    pub(crate) fn run_with(&mut self, script: &str, input: Option<&str>) -> Exit {
        let command = Command {
            argv: vec!["/bin/bash".into(), "-c".into(), script.into()],
            env: BTreeMap::from([("PATH".into(), "/usr/bin:/bin:/usr/sbin:/sbin".into())]),
            cwd: "/".into(),
            input: input.map(str::to_owned),
        };
        self.bed.execute(&command).unwrap();
        match self.next() {
            Notice::Exited(exit) => exit,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn look(&mut self, path: &str) -> FileSeen {
        self.bed.look(vec![path.to_owned()]).unwrap();
        match self.next() {
            Notice::Seen(seen) => seen.unwrap().remove(path).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn printed(&self) -> String {
        let mut bytes = Vec::new();
        let mut pipe = fs::File::from(self.bed.output().try_clone_to_owned().unwrap());
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl std::ops::Deref for Bed {
    type Target = Stubbed;
    fn deref(&self) -> &Stubbed {
        &self.bed
    }
}

pub(crate) fn file(text: &str) -> Content {
    Content {
        kind: ContentKind::File(text.into()),
        ..Content::default()
    }
}

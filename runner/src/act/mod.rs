//! Turns actions into system calls: testbeds are opened, commands executed, what they left is read.

mod finish;
mod lane;
mod status;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::net::{UnixListener, UnixStream};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use pmsts_testcases::{StepEnd, StepObserved};

use crate::adapter::{CommandLine, Context};
use crate::book::{Book, WantsAnotherTry};
use crate::collect::{Stamp, Wanted, collect};
use crate::plan::Batch;
use crate::retries::Retries;
use crate::sink::{RunEvent, Sink};
use crate::state::{Action, Event, State};
use crate::testbed::spec::Command;
use crate::testbed::{Exit, Overlay, Testbed};
use crate::work::{Work, targets};
use lane::Lane;
pub(crate) use lane::StepTime;

/// Acts for a run.
pub(crate) struct Actor<'a> {
    work: &'a Work,
    executable: PathBuf,
    lanes: Vec<Lane>,
    book: Book<'a>,
    sinks: Vec<Box<dyn Sink + 'a>>,
    interrupts: u32,
    retries: Retries,
    wants_another_try: WantsAnotherTry,
}

/// Where testbeds are, side by side.
pub(crate) struct Lanes<'a> {
    /// A private directory.
    pub dir: &'a Path,
    /// How many.
    pub count: usize,
    /// The program itself, which is their stub.
    pub executable: PathBuf,
    /// How often to try again what fails alone.
    pub retries: u32,
    /// What shared a call and is to be tried apart.
    pub wants_another_try: WantsAnotherTry,
}

/// A step that ended, and what the vdb of each build had before it.
struct Ended<'a> {
    step: usize,
    end: &'a StepEnd,
    requests: &'a [String],
    before: &'a [BTreeMap<String, Stamp>],
}

/// What follows from an action.
pub(crate) enum Follow {
    /// Something happened at once.
    Event(Event),
    /// More is to be done.
    Actions(Vec<Action>),
}

impl<'a> Actor<'a> {
    /// An actor with its lanes.
    pub(crate) fn new(
        work: &'a Work,
        book: Book<'a>,
        sinks: Vec<Box<dyn Sink + 'a>>,
        lanes: Lanes<'_>,
    ) -> io::Result<Self> {
        let dirs = (0..lanes.count).map(|n| lanes.dir.join(format!("lane-{n}")));
        Ok(Self {
            work,
            executable: lanes.executable,
            lanes: dirs.map(|dir| Lane::new(&dir)).collect::<Result<_, _>>()?,
            book,
            sinks,
            interrupts: 0,
            retries: Retries::new(lanes.retries),
            wants_another_try: lanes.wants_another_try,
        })
    }

    /// The lane's listener.
    pub(crate) fn listener(&mut self, lane: usize) -> &mut UnixListener {
        &mut self.lanes[lane].listener
    }

    /// The lane's testbed.
    pub(crate) fn testbed(&mut self, lane: usize) -> Option<&mut Overlay> {
        self.lanes[lane].testbed.as_mut()
    }

    /// Keeps output of the lane's command.
    pub(crate) fn keep_output(&mut self, lane: usize, bytes: &[u8]) {
        self.lanes[lane].log.push(bytes);
    }

    /// Whether the peer is root or the build user of the lane's testbed.
    pub(crate) fn admits(&self, lane: usize, stream: &UnixStream) -> bool {
        let users = &self.lanes[lane].setup.users;
        getsockopt(stream, PeerCredentials)
            .is_ok_and(|peer| peer.uid() == 0 || users.iter().any(|user| user.uid == peer.uid()))
    }

    /// The testbed is gone: its time is over.
    pub(crate) fn close(&mut self, lane: usize, now: Duration) {
        let lane = &mut self.lanes[lane];
        lane.testbed = None;
        self.book.occupied(lane.domain, lane.opened, now);
    }

    /// What was written down.
    pub(crate) fn into_book(mut self) -> Book<'a> {
        self.tell(&RunEvent::Ended);
        self.book
    }

    fn tell(&mut self, event: &RunEvent<'_>) {
        for sink in &mut self.sinks {
            sink.event(event);
        }
    }

    /// Says that the user asked to stop.
    pub(crate) fn say_interrupted(&mut self) {
        self.interrupts += 1;
        let count = self.interrupts;
        self.tell(&RunEvent::Interrupted(count));
    }

    fn step_name(&self, batch: &Batch, step: usize) -> String {
        self.work.expanded.builds[batch.builds[0]].build.steps[step]
            .name
            .clone()
    }

    /// Does one action.
    pub(crate) fn act(&mut self, state: &mut State, action: Action, now: Duration) -> Vec<Follow> {
        match action {
            Action::Open { lane, batch } => match self.open(lane, state.batch(batch), now) {
                Ok(()) => Vec::new(),
                Err(reason) => vec![Follow::Event(Event::SetupFailed(lane, reason))],
            },
            Action::Execute { lane, batch, step } => {
                match self.execute(lane, state.batch(batch), step, now) {
                    Ok(()) => Vec::new(),
                    Err(reason) => vec![Follow::Event(Event::NotStarted(lane, reason))],
                }
            }
            Action::Collect {
                lane,
                batch,
                step,
                end,
                exit,
            } => {
                self.end_step(lane, &end, exit.as_ref(), now);
                let before = state.stamps(lane);
                let requests = exit.as_ref().map_or(&[][..], |exit| &exit.requests);
                let ended = Ended {
                    step,
                    end: &end,
                    requests,
                    before: &before,
                };
                let seen = self.collect(lane, state.batch(batch), &ended);
                vec![Follow::Event(Event::Collected(lane, seen))]
            }
            Action::Terminate(lane) => {
                if let Some(testbed) = &mut self.lanes[lane].testbed {
                    // It may be gone already, which tells itself.
                    let _ = testbed.signal(nix::libc::SIGTERM);
                }
                Vec::new()
            }
            Action::Kill(lane) => match &mut self.lanes[lane].testbed {
                Some(testbed) => {
                    testbed.kill();
                    Vec::new()
                }
                None => vec![Follow::Event(Event::Gone(lane))],
            },
            Action::Finish { lane, batch } => {
                vec![Follow::Actions(self.finish(state, lane, batch))]
            }
        }
    }

    fn open(&mut self, lane: usize, batch: &Batch, now: Duration) -> Result<(), String> {
        let domain = &self.work.domains[batch.domain];
        let first = &self.work.expanded.builds[batch.builds[0]];
        let (config, eapi) = (&first.build.config, first.eapi);
        let context = Context {
            shared: batch.builds.len() > 1,
            ..domain.context(&batch.site, config)
        };
        let lane = &mut self.lanes[lane];
        lane.opened = now;
        lane.domain = batch.domain;
        lane.steps.clear();
        lane.log.clear();
        let (spec, setup) = domain
            .testbed(
                &batch.site,
                &context,
                &lane.dir.join("run"),
                self.work.room,
                eapi,
            )
            .map_err(|e| e.to_string())?;
        lane.share(domain.adapter.build_group())
            .map_err(|e| format!("sharing the socket: {e}"))?;
        lane.setup = setup;
        lane.context = Some(context);
        let testbed = Overlay::open(spec, &lane.dir, &self.executable)
            .map_err(|e| format!("starting a testbed: {e}"))?;
        lane.testbed = Some(testbed);
        Ok(())
    }

    fn execute(
        &mut self,
        lane: usize,
        batch: &Batch,
        step: usize,
        now: Duration,
    ) -> Result<(), String> {
        let command = self.command(lane, batch, step)?;
        let name = self.step_name(batch, step);
        let first = &self.work.expanded.builds[batch.builds[0]].build;
        let input = first.input.clone();
        let lane = &mut self.lanes[lane];
        lane.log.begin_step();
        lane.steps.push(StepTime {
            name,
            command: command.argv.clone(),
            started: now,
            ended: "no end".to_owned(),
            ..StepTime::default()
        });
        let testbed = lane.testbed.as_mut().ok_or("the testbed is gone")?;
        let command = Command {
            argv: command.argv,
            env: command.env,
            cwd: "/".to_owned(),
            input,
        };
        testbed.execute(&command).map_err(|e| e.to_string())
    }

    /// The command of a step, for the targets of every build of the batch.
    fn command(&self, lane: usize, batch: &Batch, step: usize) -> Result<CommandLine, String> {
        let context = self.lanes[lane]
            .context
            .as_ref()
            .ok_or("the testbed has no context")?;
        let builds = batch.builds.iter();
        let targets: Vec<String> = builds
            .flat_map(|index| targets(&self.work.expanded.builds[*index], step))
            .collect();
        let operation = self.work.expanded.builds[batch.builds[0]].build.steps[step].operation;
        let adapter = &self.work.domains[batch.domain].adapter;
        adapter
            .command(operation, &targets, context)
            .map_err(|e| e.to_string())
    }

    fn end_step(&mut self, lane: usize, end: &StepEnd, exit: Option<&Exit>, now: Duration) {
        let Some(step) = self.lanes[lane].steps.last_mut() else {
            return;
        };
        step.left_over = exit.map_or(0, |exit| exit.left_over);
        step.duration = now.saturating_sub(step.started);
        step.ended = match (end, exit) {
            (StepEnd::Succeeded | StepEnd::Failed(_) | StepEnd::NotReached, Some(exit)) => {
                exit.words()
            }
            (
                StepEnd::TimedOut(how)
                | StepEnd::Limit(how)
                | StepEnd::Broken(how)
                | StepEnd::Failed(how),
                _,
            ) => how.clone(),
            (StepEnd::Succeeded | StepEnd::NotReached, None) => "no end".to_owned(),
        };
        let duration = step.duration;
        self.book.commanded(self.lanes[lane].domain, duration);
    }

    fn collect(&self, lane: usize, batch: &Batch, ended: &Ended<'_>) -> Vec<StepObserved> {
        let lane = &self.lanes[lane];
        let shared = batch.builds.len() > 1;
        let adapter = &self.work.domains[batch.domain].adapter;
        let one = |(position, index): (usize, &usize)| {
            let build = &self.work.expanded.builds[*index];
            let asked = &build.build.steps[ended.step];
            let end = match ended.end {
                StepEnd::Failed(how)
                    if how.strip_prefix("exit status ").is_some_and(|status| {
                        status
                            .parse()
                            .is_ok_and(|status| adapter.succeeded(asked.operation, status))
                    }) =>
                {
                    StepEnd::Succeeded
                }
                other => other.clone(),
            };
            let broken = |why: String| StepObserved {
                end: StepEnd::Broken(why),
                ..StepObserved::default()
            };
            let Some(root) = lane.testbed.as_ref().and_then(Testbed::root) else {
                return broken("the testbed is gone".to_owned());
            };
            let instances = self.work.instances(*index);
            let wanted = Wanted {
                build,
                instances: &instances,
                step: asked,
                setup: &lane.setup,
                before: ended.before.get(position),
                requests: ended.requests,
                log: &lane.log,
            };
            collect(&wanted, root, &end, shared)
                .unwrap_or_else(|e| broken(format!("reading what it left: {e}")))
        };
        batch.builds.iter().enumerate().map(one).collect()
    }
}

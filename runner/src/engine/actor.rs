//! Turns actions into system calls: opens testbeds, executes commands, and reads what they left.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::net::{UnixListener, UnixStream};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use pmsts_reports::record::{CallRecord, Purpose};
use pmsts_testcases::{Instance, StepEnd, StepObserved};

use super::collect::{Ended, Seen, Wanted};
use super::lane::{Lane, Reading};
use crate::adapter::{CommandLine, Context};
use crate::record::Recorder;
use crate::record::events::RunEvent;
use crate::record::spent::ms;
use crate::record::step::StepTime;
use crate::schedule::batch::Batch;
use crate::schedule::second_try::{Retries, WantsAnotherTry};
use crate::schedule::work::{Work, packages};
use crate::schedule::{Action, Event};
use crate::target::Room;
use crate::testbed::spec::Command;
use crate::testbed::{Exit, Stubbed, Testbed};
use crate::trace::{NOTED, Tracer};

/// Carries out the actions of a run.
pub(crate) struct Actor<'a> {
    pub(super) work: &'a Work,
    executable: PathBuf,
    room: Room,
    pub(super) lanes: Vec<Lane>,
    pub(super) recorder: Recorder<'a>,
    interrupts: u32,
    pub(super) retries: Retries,
    pub(super) wants_another_try: WantsAnotherTry,
    /// A tracer for each target, where a run is watched.
    tracers: Vec<Tracer>,
}

/// The lanes of a run. Each holds one testbed at a time.
pub(crate) struct Lanes<'a> {
    /// The private directory of the run.
    pub dir: &'a Path,
    /// Number of lanes.
    pub count: usize,
    /// The executable of pmsts, which testbeds start as their stub.
    pub executable: PathBuf,
    /// Space and processes that each testbed may use.
    pub room: Room,
    /// How often to try a build again that fails alone.
    pub retries: u32,
    /// Decides whether a build that shared a call must be tried again alone.
    pub wants_another_try: WantsAnotherTry,
    /// Whether to watch which functions of the package managers are used.
    pub trace: bool,
}

impl<'a> Actor<'a> {
    /// Makes an actor with its lanes.
    pub(crate) fn new(
        work: &'a Work,
        recorder: Recorder<'a>,
        lanes: Lanes<'_>,
    ) -> io::Result<Self> {
        let dirs = (0..lanes.count.max(1)).map(|n| lanes.dir.join(format!("lane-{n}")));
        Ok(Self {
            work,
            executable: lanes.executable,
            room: lanes.room,
            lanes: dirs.map(|dir| Lane::new(&dir)).collect::<Result<_, _>>()?,
            recorder,
            interrupts: 0,
            retries: Retries::new(lanes.retries),
            wants_another_try: lanes.wants_another_try,
            tracers: tracers(work, lanes.trace),
        })
    }

    /// The lane's listener.
    pub(crate) fn listener(&mut self, lane: usize) -> &mut UnixListener {
        &mut self.lanes[lane].listener
    }

    /// The lane's testbed.
    pub(crate) fn testbed(&mut self, lane: usize) -> Option<&mut (dyn Testbed + 'static)> {
        self.lanes[lane].testbed.as_deref_mut()
    }

    /// Keeps output of the lane's command.
    pub(crate) fn keep_output(&mut self, lane: usize, bytes: &[u8]) {
        self.lanes[lane].output.push(bytes);
    }

    /// Whether the peer is root or the build user of the lane's testbed.
    pub(crate) fn admits(&self, lane: usize, stream: &UnixStream) -> bool {
        let lane = &self.lanes[lane];
        let ground = &self.work.targets[lane.target].ground;
        let users = lane.setup.users.iter().map(|user| user.uid);
        let mut admitted = users.chain([0]).filter_map(|uid| ground.outside(uid));
        getsockopt(stream, PeerCredentials).is_ok_and(|peer| admitted.any(|uid| uid == peer.uid()))
    }

    /// The recorder, with the record of the run.
    pub(crate) fn into_recorder(self) -> Recorder<'a> {
        self.recorder
    }

    /// Announces that the user asked to stop.
    pub(crate) fn announce_interrupt(&mut self) {
        self.interrupts += 1;
        self.recorder.tell(&RunEvent::Interrupted(self.interrupts));
    }

    pub(super) fn step_name(&self, batch: &Batch, step: usize) -> String {
        self.work.expanded.builds[batch.builds[0]].build.steps[step]
            .name
            .clone()
    }

    /// Carries out an action, and returns the event that follows from it at once.
    pub(crate) fn act(&mut self, action: Action, now: Duration) -> Option<Event> {
        match action {
            Action::Open { lane, batch } => {
                let opened = self.open(lane, &batch, now);
                opened.err().map(|reason| Event::SetupFailed(lane, reason))
            }
            Action::Execute { lane, batch, step } => {
                let started = self.execute(lane, &batch, step, now);
                started.err().map(|reason| Event::NotStarted(lane, reason))
            }
            Action::Collect {
                lane,
                batch,
                step,
                end,
                exit,
                before,
                number,
            } => {
                self.end_step(lane, &end, &exit, now);
                self.record_call(lane, &batch, (number, step), &exit);
                let reading = Reading {
                    batch,
                    step,
                    end,
                    exit,
                    before,
                };
                self.look(lane, reading)
            }
            Action::Terminate(lane) => {
                if let Some(testbed) = &mut self.lanes[lane].testbed {
                    // It may be gone already, which is an event of its own.
                    let _ = testbed.cancel();
                }
                None
            }
            Action::Kill(lane) => match &mut self.lanes[lane].testbed {
                Some(testbed) => {
                    testbed.close();
                    None
                }
                None => Some(Event::Gone(lane)),
            },
            Action::Finish(finish) => Some(self.finish(&finish, now)),
            // The event loop answers: it has the connections.
            Action::Answer { .. } => None,
        }
    }

    fn open(&mut self, lane: usize, batch: &Batch, now: Duration) -> Result<(), String> {
        let target = &self.work.targets[batch.target];
        let first = &self.work.expanded.builds[batch.builds[0]];
        let (config, eapi) = (&first.build.config, first.eapi);
        let context = Context {
            shared: batch.builds.len() > 1,
            ..target.context(&batch.site, config)
        };
        let lane = &mut self.lanes[lane];
        lane.opened = now;
        lane.target = batch.target;
        lane.steps.clear();
        lane.output.clear();
        let (mut spec, setup) = target
            .testbed(
                &batch.site,
                &context,
                &lane.dir.join("run"),
                self.room,
                eapi,
            )
            .map_err(|e| e.to_string())?;
        if let Some(tracer) = self.tracers.get(batch.target) {
            tracer.inject(&mut spec);
        }
        lane.setup = setup;
        lane.context = Some(context);
        let testbed = Stubbed::open(spec, &lane.dir, &self.executable)
            .map_err(|e| format!("starting a testbed: {e}"))?;
        lane.testbed = Some(Box::new(testbed));
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
        lane.output.begin_step();
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

    /// The command of a step, for the packages of every build of the batch.
    fn command(&self, lane: usize, batch: &Batch, step: usize) -> Result<CommandLine, String> {
        let context = self.lanes[lane]
            .context
            .as_ref()
            .ok_or("the testbed has no context")?;
        let builds = batch.builds.iter();
        let packages: Vec<String> = builds
            .flat_map(|index| packages(&self.work.expanded.builds[*index], step))
            .collect();
        let operation = self.work.expanded.builds[batch.builds[0]].build.steps[step].operation;
        let adapter = &self.work.targets[batch.target].adapter;
        adapter
            .command(operation, &packages, context)
            .map_err(|e| e.to_string())
    }

    fn end_step(&mut self, lane: usize, end: &StepEnd, exit: &Exit, now: Duration) {
        let Some(step) = self.lanes[lane].steps.last_mut() else {
            return;
        };
        step.left_over = exit.left_over;
        step.duration = now.saturating_sub(step.started);
        step.ended = match end {
            StepEnd::Succeeded | StepEnd::Failed(_) | StepEnd::NotReached => exit.words(),
            StepEnd::TimedOut(how) | StepEnd::Limit(how) | StepEnd::Broken(how) => how.clone(),
        };
    }

    fn record_call(
        &mut self,
        lane: usize,
        batch: &Batch,
        (number, step): (usize, usize),
        exit: &Exit,
    ) {
        let Some(time) = self.lanes[lane].steps.last() else {
            return;
        };
        let purpose = match (batch.attempt, step, batch.builds.len()) {
            (2.., _, _) => Purpose::Again,
            (_, 1.., _) => Purpose::Later,
            (_, _, 1) if batch.refusal => Purpose::Refusal,
            (_, _, 1) => Purpose::Alone,
            _ => Purpose::Shared,
        };
        let builds = batch.builds.iter();
        let call = CallRecord {
            batch: u32::try_from(number).unwrap_or(u32::MAX),
            step: time.name.clone(),
            purpose,
            builds: builds.map(|index| self.recorder.name_of(*index)).collect(),
            cpu_ms: exit.cpu_ms,
            duration_ms: ms(time.duration),
            max_rss_kib: exit.max_rss_kib,
        };
        let duration = time.duration;
        self.recorder.called(batch.target, duration, call);
    }

    /// Announces what the builds of a watched testbed have used so far.
    fn tell_used(&mut self, batch: &Batch, seen: &Seen) {
        let Some(tracer) = self.tracers.get(batch.target) else {
            return;
        };
        let places = tracer.read(seen);
        for index in &batch.builds {
            self.recorder.tell(&RunEvent::Used {
                target: batch.target,
                build: &self.work.expanded.builds[*index].name,
                places: &places,
            });
        }
    }

    /// Asks the testbed what the step left. Its answer is a notice.
    fn look(&mut self, lane: usize, reading: Reading) -> Option<Event> {
        let mut paths = BTreeSet::new();
        for index in &reading.batch.builds {
            let instances = self.work.instances(*index);
            let wanted = self.wanted(lane, &reading, *index, &instances);
            paths.extend(wanted.paths());
        }
        paths.extend(
            self.tracers
                .get(reading.batch.target)
                .map(|_| NOTED.to_owned()),
        );
        let lane_io = &mut self.lanes[lane];
        lane_io.reading = Some(reading);
        let asked = match &mut lane_io.testbed {
            Some(testbed) => testbed.look(paths.into_iter().collect()),
            None => Err(io::Error::other("the testbed is gone")),
        };
        asked
            .err()
            .and_then(|e| self.seen(lane, &Err(e.to_string())))
    }

    fn wanted<'w>(
        &'w self,
        lane: usize,
        reading: &Reading,
        build: usize,
        instances: &'w [&'w Instance],
    ) -> Wanted<'w> {
        let build = &self.work.expanded.builds[build];
        Wanted {
            build,
            instances,
            step: &build.build.steps[reading.step],
            setup: &self.lanes[lane].setup,
        }
    }

    /// What the step left, from the testbed's answer.
    pub(crate) fn seen(&mut self, lane: usize, seen: &Result<Seen, String>) -> Option<Event> {
        let reading = self.lanes[lane].reading.take()?;
        // A trace that cannot be read is missing from the map; nothing is judged by it.
        self.tell_used(&reading.batch, seen.as_ref().unwrap_or(&Seen::new()));
        let positions = reading.batch.builds.iter().enumerate();
        let observed = positions.map(|(position, index)| match seen {
            Ok(seen) => self.observed(lane, &reading, position, *index, seen),
            Err(why) => StepObserved {
                end: StepEnd::Broken(format!("reading what it left: {why}")),
                ..StepObserved::default()
            },
        });
        Some(Event::Collected(lane, observed.collect()))
    }

    fn observed(
        &self,
        lane: usize,
        reading: &Reading,
        position: usize,
        index: usize,
        seen: &Seen,
    ) -> StepObserved {
        let instances = self.work.instances(index);
        let wanted = self.wanted(lane, reading, index, &instances);
        let adapter = &self.work.targets[reading.batch.target].adapter;
        let succeeded = |status| adapter.succeeded(wanted.step.operation, status);
        let exit = &reading.exit;
        let end = match &reading.end {
            // Some package managers exit with another status than 0 after a success.
            StepEnd::Failed(_) if exit.status.is_some_and(succeeded) => StepEnd::Succeeded,
            other => other.clone(),
        };
        let ended = Ended {
            end,
            shared: reading.batch.builds.len() > 1,
            before: reading.before.get(position),
            requests: &exit.requests,
            signal: exit.signal,
            output: &self.lanes[lane].output,
        };
        wanted.collect(seen, &ended)
    }
}

/// A tracer for each target, if the run is watched.
fn tracers(work: &Work, wanted: bool) -> Vec<Tracer> {
    let targets = work.targets.iter().filter(|_| wanted);
    targets.map(Tracer::new).collect()
}

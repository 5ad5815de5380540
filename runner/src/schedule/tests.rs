//! Gives events to the state and checks its actions; no time passes.

use std::rc::Rc;
use std::time::Duration;

use pmsts_eclass_templates::Site;
use pmsts_ipc::message::{Message, MessageKind};
use pmsts_testcases::{StepEnd, StepObserved, Value};

use super::batch::{Batch, Outline};
use super::event::Finish;
use super::{Action, Event, Limits, State, StopEarly};
use crate::testbed::{Exit, Limit};

const S: fn(u64) -> Duration = Duration::from_secs;

const LIMITS: Limits = Limits {
    step: Duration::from_secs(10),
    build: Duration::from_secs(1),
    grace: Duration::from_secs(5),
    output_bytes: 1000,
    facts: 3,
    fact_bytes: 100,
};

fn state(lanes: usize, batches: usize) -> State {
    State::new(
        LIMITS,
        StopEarly::default(),
        lanes,
        (0..batches).map(|n| batch(n, 1)).collect(),
    )
}

fn batch(n: usize, attempt: u32) -> Batch {
    Batch {
        target: 0,
        builds: vec![n],
        site: Site::default(),
        attempt,
        refusal: false,
        outline: Outline {
            builds: vec![(format!("token-{n}"), vec!["main".to_owned()])],
            steps: vec!["install".to_owned(), "uninstall".to_owned()],
        },
    }
}

fn open(lane: usize, n: usize, attempt: u32) -> Action {
    let batch = Rc::new(batch(n, attempt));
    Action::Open { lane, batch }
}

fn execute(step: usize) -> Action {
    Action::Execute {
        lane: 0,
        batch: Rc::new(batch(0, 1)),
        step,
    }
}

/// Lets the batch of lane 0 end.
fn finish(state: &mut State, now: Duration) -> Finish {
    let mut actions = state.handle(Event::Gone(0), now);
    match (actions.pop(), actions.is_empty()) {
        (Some(Action::Finish(finish)), true) => *finish,
        other => panic!("{other:?}"),
    }
}

fn finished(lane: usize, again: Vec<Batch>) -> Event {
    Event::Finished {
        lane,
        again,
        failures: 1,
    }
}

fn exit(status: i32) -> Exit {
    Exit {
        status: Some(status),
        ..Exit::default()
    }
}

fn seen(end: StepEnd) -> Vec<StepObserved> {
    vec![StepObserved {
        end,
        ..StepObserved::default()
    }]
}

fn message(token: &str, value: &str) -> Message {
    Message {
        token: token.to_owned(),
        ebuild: "main".to_owned(),
        phase: "src_install".to_owned(),
        kind: MessageKind::Value,
        key: "k".to_owned(),
        value: value.as_bytes().to_vec(),
    }
}

/// Lane 0 runs the first step of batch 0.
fn running() -> State {
    let mut state = state(1, 1);
    assert_eq!(state.handle(Event::Begin, S(0)), [open(0, 0, 1)]);
    let actions = state.handle(Event::Ready(0), S(1));
    assert_eq!(actions, [execute(0)]);
    state
}

#[test]
fn a_batch_goes_through_its_steps_and_frees_its_lane() {
    let mut state = running();
    let collect = state.handle(Event::Exited(0, exit(0)), S(2));
    assert!(matches!(
        &collect[..],
        [Action::Collect {
            step: 0,
            end: StepEnd::Succeeded,
            ..
        }]
    ));
    let next = state.handle(Event::Collected(0, seen(StepEnd::Succeeded)), S(2));
    assert_eq!(next, [execute(1)]);
    let collect = state.handle(Event::Exited(0, exit(1)), S(3));
    let [
        Action::Collect {
            end: StepEnd::Failed(how),
            ..
        },
    ] = &collect[..]
    else {
        panic!("{collect:?}")
    };
    assert_eq!(how, "exit status 1");
    let end = StepEnd::Failed(how.clone());
    assert_eq!(
        state.handle(Event::Collected(0, seen(end)), S(3)),
        [Action::Kill(0)]
    );
    let finish = finish(&mut state, S(3));
    assert!(!finish.interrupted);
    assert_eq!(
        finish.observed[0].steps.keys().collect::<Vec<_>>(),
        ["install", "uninstall"]
    );
    assert!(!state.is_done());
    assert_eq!(state.handle(finished(0, vec![]), S(3)), []);
    assert!(state.is_done());
}

#[test]
fn lanes_are_filled_in_order_and_a_second_try_comes_first() {
    let mut state = state(2, 3);
    assert_eq!(
        state.handle(Event::Begin, S(0)),
        [open(0, 0, 1), open(1, 1, 1)]
    );
    let again = finished(1, vec![batch(0, 2)]);
    assert_eq!(state.handle(again, S(1)), [open(1, 0, 2)]);
    assert_eq!(state.handle(finished(1, vec![]), S(2)), [open(1, 2, 1)]);
}

#[test]
fn a_command_past_its_time_is_asked_to_stop_and_then_ended() {
    let mut state = running();
    assert_eq!(state.deadline(), Some(S(12)));
    assert_eq!(state.handle(Event::Tick, S(11)), []);
    assert_eq!(state.handle(Event::Tick, S(12)), [Action::Terminate(0)]);
    assert_eq!(state.handle(Event::Tick, S(16)), []);
    assert_eq!(state.handle(Event::Tick, S(17)), [Action::Kill(0)]);
    assert_eq!(state.handle(Event::Tick, S(18)), []);
    let finish = finish(&mut state, S(18));
    let end = finish.observed[0].steps["install"].end.clone();
    assert_eq!(
        end,
        StepEnd::TimedOut("ended at the time limit of 11 s".to_owned())
    );
}

#[test]
fn a_command_that_obeys_in_time_is_timed_out_all_the_same() {
    let mut state = running();
    state.handle(Event::Tick, S(12));
    let collect = state.handle(Event::Exited(0, exit(0)), S(13));
    assert!(matches!(
        &collect[..],
        [Action::Collect {
            end: StepEnd::TimedOut(_),
            ..
        }]
    ));
    let end = StepEnd::TimedOut("limit".to_owned());
    assert_eq!(
        state.handle(Event::Collected(0, seen(end)), S(13)),
        [Action::Kill(0)]
    );
}

#[test]
fn limits_of_the_testbed_and_of_output_are_named() {
    let mut state = running();
    let exit = Exit {
        signal: Some(9),
        limit: Some(Limit::Processes),
        ..Exit::default()
    };
    let collect = state.handle(Event::Exited(0, exit), S(2));
    assert!(matches!(
        &collect[..],
        [Action::Collect {
            end: StepEnd::Limit(_),
            ..
        }]
    ));

    let mut state = running();
    assert_eq!(state.handle(Event::Output(0, 1000), S(2)), []);
    assert_eq!(state.handle(Event::Output(0, 1), S(2)), [Action::Kill(0)]);
    assert_eq!(state.handle(Event::Output(0, 1), S(2)), []);
}

#[test]
fn the_first_interrupt_asks_and_the_second_ends() {
    let mut state = state(1, 2);
    state.handle(Event::Begin, S(0));
    state.handle(Event::Ready(0), S(1));
    assert_eq!(state.handle(Event::Interrupt, S(2)), [Action::Terminate(0)]);
    assert_eq!(state.deadline(), Some(S(7)));
    assert_eq!(state.handle(Event::Interrupt, S(3)), [Action::Kill(0)]);
    let finish = finish(&mut state, S(3));
    assert!(finish.interrupted);
    let end = finish.observed[0].steps["install"].end.clone();
    assert_eq!(end, StepEnd::Broken("interrupted".to_owned()));
    assert_eq!(
        state.handle(finished(0, vec![]), S(3)),
        [],
        "nothing new is started"
    );
    assert!(state.is_done());
}

#[test]
fn a_batch_that_an_interrupt_keeps_from_its_next_step_is_cut_off_and_one_that_was_through_is_not() {
    let mut first = running();
    first.handle(Event::Exited(0, exit(0)), S(2));
    first.handle(Event::Interrupt, S(2));
    first.handle(Event::Collected(0, seen(StepEnd::Succeeded)), S(2));
    assert!(finish(&mut first, S(3)).interrupted);

    let mut last = running();
    last.handle(Event::Exited(0, exit(0)), S(2));
    last.handle(Event::Collected(0, seen(StepEnd::Succeeded)), S(2));
    last.handle(Event::Exited(0, exit(0)), S(3));
    last.handle(Event::Interrupt, S(3));
    last.handle(Event::Collected(0, seen(StepEnd::Succeeded)), S(3));
    assert!(!finish(&mut last, S(4)).interrupted);
}

/// A run of three batches in one lane that stops early.
fn stopping(failures: Option<u32>, time: Option<Duration>) -> State {
    let stop = StopEarly { failures, time };
    let mut state = State::new(LIMITS, stop, 1, (0..3).map(|n| batch(n, 1)).collect());
    state.handle(Event::Begin, S(0));
    state
}

#[test]
fn after_so_many_failures_nothing_new_is_begun() {
    let mut state = stopping(Some(2), None);
    assert_eq!(state.handle(finished(0, vec![]), S(1)), [open(0, 1, 1)]);
    assert_eq!(state.unreached(), None);
    assert_eq!(state.handle(finished(0, vec![]), S(2)), []);
    assert!(state.is_done());
    let why = state.unreached().unwrap().reason.unwrap();
    assert!(
        why.contains("--fail-fast") && why.contains("2 failures"),
        "{why}"
    );
}

#[test]
fn after_the_time_of_the_run_what_runs_may_end() {
    let mut state = stopping(None, Some(S(5)));
    assert_eq!(state.handle(Event::Tick, S(6)), []);
    assert!(!state.is_done());
    assert_eq!(state.handle(finished(0, vec![]), S(7)), []);
    assert!(state.is_done());
    assert!(state.stopped().unwrap().contains("--max-time"));
}

#[test]
fn a_run_that_is_through_was_not_stopped() {
    let mut state = stopping(Some(3), None);
    for _ in 0..3 {
        state.handle(finished(0, vec![]), S(1));
    }
    assert!(state.is_done());
    assert_eq!(state.stopped(), None);
}

#[test]
fn a_testbed_that_cannot_be_set_up_breaks_its_batch_alone() {
    let mut state = state(2, 2);
    state.handle(Event::Begin, S(0));
    let failed = Event::SetupFailed(0, "mounting /proc: EPERM".to_owned());
    assert_eq!(state.handle(failed, S(1)), [Action::Kill(0)]);
    let finish = finish(&mut state, S(1));
    let StepEnd::Broken(why) = &finish.observed[0].steps["install"].end else {
        panic!()
    };
    assert!(why.contains("mounting /proc"));
    assert!(matches!(
        state.handle(Event::Ready(1), S(1))[..],
        [Action::Execute { lane: 1, .. }]
    ));
}

#[test]
fn messages_are_taken_in_only_from_builds_that_run_and_within_limits() {
    let mut state = state(1, 1);
    let refused = |state: &mut State, message| state.hear(0, message, S(1)).unwrap_err();
    assert_eq!(
        refused(&mut state, message("token-0", "a")),
        "nothing runs here"
    );
    state.handle(Event::Begin, S(0));
    assert_eq!(refused(&mut state, message("token-0", "a")), "no step runs");
    state.handle(Event::Ready(0), S(1));
    assert_eq!(state.hear(0, message("token-0", "a"), S(1)), Ok(()));
    assert!(refused(&mut state, message("token-1", "a")).contains("token"));
    let nobody = Message {
        ebuild: "nobody".to_owned(),
        ..message("token-0", "a")
    };
    assert!(refused(&mut state, nobody).contains("ebuild"));
    let nowhere = Message {
        phase: "src_nowhere".to_owned(),
        ..message("token-0", "a")
    };
    assert!(refused(&mut state, nowhere).contains("phase"));
    assert!(refused(&mut state, message("token-0", &"x".repeat(101))).contains("too much"));
    assert!(refused(&mut state, message("token-0", "b")).contains("too much"));
    assert_eq!(state.refused().values().sum::<u64>(), 7);
    let finish = finish(&mut state, S(2));
    let facts = &finish.observed[0].steps["install"];
    assert_eq!(
        facts.values("main", "src_install", "k").collect::<Vec<_>>(),
        [&Value::from("a")]
    );
}

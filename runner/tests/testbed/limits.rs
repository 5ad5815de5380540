//! What does not end by itself is ended, with all that it started.

use std::fs;

use pmsts::testbed::spec::Command;
use pmsts::testbed::{Limit, Testbed as _};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::bed::{Bed, spec};
use super::common::{marker, wait_until};

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_a_command_leaves_behind_is_ended_and_counted() {
    let mut bed = Bed::ready(spec());
    let exit = bed.run("setsid sleep 1000 & setsid sleep 1000 & exit 0");
    assert_eq!((exit.status, exit.left_over), (Some(0), 2));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_fork_bomb_ends_at_the_limit_of_processes() {
    let mut bed = Bed::ready(spec());
    let exit = bed.run("bomb() { bomb | bomb & }; bomb; sleep 60");
    assert_eq!(exit.limit, Some(Limit::Processes));
    assert_eq!(bed.run("exit 0").status, Some(0));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_full_scratch_space_ends_the_command() {
    let mut bed = Bed::ready(spec());
    let exit = bed.run("cat /dev/zero > /var/tmp/fill; sleep 60");
    assert_eq!(exit.limit, Some(Limit::Scratch));
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn closing_a_testbed_ends_all_its_processes() {
    let marker = marker();
    let mut bed = Bed::ready(spec());
    let command = Command {
        argv: vec![
            "/bin/bash".into(),
            "-c".into(),
            format!("trap '' TERM; sleep {marker} & wait; sleep {marker}"),
        ],
        ..Command::default()
    };
    bed.bed.execute(&command).unwrap();
    wait_until("the command runs", || process_exists(&marker));
    bed.bed.cancel().unwrap();
    bed.bed.close();
    let mut fds = [PollFd::from_borrowed_fd(bed.bed.gone(), PollFlags::IN)];
    assert_eq!(
        poll(
            &mut fds,
            Some(&Timespec {
                tv_sec: 10,
                tv_nsec: 0
            })
        )
        .unwrap(),
        1
    );
    assert!(!process_exists(&marker));
}

fn process_exists(argument: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| line.split(|b| *b == 0).any(|a| a == argument.as_bytes()))
    })
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn files_without_end_end_the_command_as_well() {
    let mut bed = Bed::ready(spec());
    let exit = bed.run("cd /var/tmp; for i in {1..400000}; do : > $i; done 2>/dev/null; sleep 60");
    assert_eq!(exit.limit, Some(Limit::Scratch));
}

//! What every backend promises, tried on each.

use std::fs;

use pmsts::testbed::spec::Command;
use pmsts::testbed::{Notice, State, Testbed as _};
use pmsts_testcases::{FileKind, Value};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::bed::{BACKENDS, Bed};
use super::common::{marker, process_mentions, wait_until};

fn script(text: &str) -> Command {
    Command {
        argv: vec!["/bin/bash".into(), "-c".into(), text.into()],
        env: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        ..Command::default()
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_command_has_a_session_of_its_own() {
    for backend in BACKENDS {
        let mut bed = Bed::of(backend);
        // The session is the sixth field of a process's stat.
        let exit = bed.run("read -r -a stat < /proc/self/stat; echo $(( stat[5] == $$ )); tty");
        assert_eq!(exit.status, Some(1), "{backend}");
        assert_eq!(bed.printed(), "1\nnot a tty\n", "{backend}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn one_command_is_cancelled_and_the_testbed_stays_open() {
    for backend in BACKENDS {
        let marker = marker();
        let mut bed = Bed::of(backend);
        assert_eq!(bed.state(), State::Open, "{backend}");
        let text = format!("trap 'echo asked; exit 7' TERM; sleep {marker} & wait");
        bed.bed.execute(&script(&text)).unwrap();
        wait_until("the command runs", || process_mentions(&marker));
        assert_eq!(bed.state(), State::Busy, "{backend}");
        bed.bed.cancel().unwrap();
        match bed.next() {
            Notice::Exited(exit) => assert_eq!(exit.status, Some(7), "{backend}"),
            other => panic!("{backend}: {other:?}"),
        }
        assert!(!process_mentions(&marker), "{backend}");
        assert_eq!(bed.state(), State::Open, "{backend}");
        assert_eq!(bed.run("exit 3").status, Some(3), "{backend}");
        assert_eq!(bed.printed(), "asked\n", "{backend}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_testbed_is_gone_when_its_last_process_is() {
    for backend in BACKENDS {
        let marker = marker();
        let mut bed = Bed::of(backend);
        let text = format!("trap '' TERM; setsid setsid sleep {marker} & sleep {marker}");
        bed.bed.execute(&script(&text)).unwrap();
        wait_until("the command runs", || process_mentions(&marker));
        bed.bed.close();
        assert_ne!(bed.state(), State::Busy, "{backend}");
        let mut fds = [PollFd::from_borrowed_fd(bed.bed.gone(), PollFlags::IN)];
        let limit = Timespec {
            tv_sec: 10,
            tv_nsec: 0,
        };
        assert_eq!(poll(&mut fds, Some(&limit)).unwrap(), 1, "{backend}");
        assert!(!process_mentions(&marker), "{backend}");
        assert_eq!(bed.state(), State::Gone, "{backend}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_is_written_is_seen_and_goes_with_the_testbed() {
    let was = fs::read("/etc/passwd").unwrap();
    for backend in BACKENDS {
        let mut bed = Bed::of(backend);
        let exit = bed.run("echo x > /etc/pmsts-was-here && rm /etc/passwd && mkdir -m 0750 /usr/share/pmsts-dir && chown 0:0 /usr/share/pmsts-dir");
        assert_eq!(exit.status, Some(0), "{backend}: {}", bed.printed());
        let seen = bed.look("/etc/pmsts-was-here");
        assert_eq!((seen.kind, seen.uid), (FileKind::File, 0), "{backend}");
        assert_eq!(seen.content, Some(Value::from("x\n")), "{backend}");
        assert_eq!(bed.look("/usr/share/pmsts-dir").mode, 0o750, "{backend}");
        assert_eq!(bed.look("/etc/passwd").kind, FileKind::Absent, "{backend}");
        drop(bed);
        assert!(!fs::exists("/etc/pmsts-was-here").unwrap(), "{backend}");
        assert_eq!(fs::read("/etc/passwd").unwrap(), was, "{backend}");
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_testbed_has_no_network_but_loopback_and_none_of_the_machines_processes() {
    for backend in BACKENDS {
        let mut bed = Bed::of(backend);
        bed.run("ls -d /proc/[0-9]* | wc -l; grep -c : /proc/net/dev; hostname");
        let printed = bed.printed();
        let mut lines = printed.lines();
        let processes: u32 = lines.next().unwrap().parse().unwrap();
        assert!(processes < 6, "{backend}: {printed}");
        assert_eq!(lines.next(), Some("1"), "{backend}: {printed}");
        assert_eq!(lines.next(), Some("pmsts"), "{backend}: {printed}");
    }
}

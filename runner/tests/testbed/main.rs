//! What a testbed promises, tried on this machine's kernel. Wants root.

mod bed;
#[path = "../common/mod.rs"]
mod common;
mod isolation;
mod limits;
mod promises;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use pmsts::testbed::spec::{Access, Bind, Command, Spec, User};
use pmsts::testbed::{Notice, Testbed as _};
use pmsts_eclass_templates::Answer;

use bed::{Bed, executable, file, spec};

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_is_served_is_no_process_left_over_and_requests_are_told_by_command() {
    let answer = Answer {
        status: 200,
        body: "text".into(),
    };
    let mut bed = Bed::ready(Spec {
        served: [("/a".to_owned(), answer)].into(),
        ..spec()
    });
    let ask = r#"ask() { exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET %s HTTP/1.1\r\n\r\n' "$1" >&3; cat <&3; }; "#;
    let exit = bed.run(&format!("{ask} ask /a; ask /b"));
    assert_eq!(exit.requests, ["/a", "/b"]);
    assert_eq!((exit.status, exit.left_over), (Some(0), 0));
    let printed = bed.printed();
    assert!(printed.contains("HTTP/1.1 200 ") && printed.contains("HTTP/1.1 404 "));
    assert_eq!(bed.run(&format!("{ask} ask /c")).requests, ["/c"]);
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn without_anything_served_nobody_listens() {
    let exit = Bed::ready(spec()).run("exec 3<>/dev/tcp/127.0.0.1/8080");
    assert_ne!(exit.status, Some(0));
    assert!(exit.requests.is_empty());
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_command_runs_alone_and_its_end_is_told() {
    let begun = Instant::now();
    let mut bed = Bed::ready(spec());
    println!("opened in {:?}", begun.elapsed());
    let exit =
        bed.run("echo hello; grep SigBlk /proc/self/status; cat /proc/net/dev; hostname; exit 7");
    assert_eq!(exit.status, Some(7));
    let printed = bed.printed();
    assert!(
        printed.starts_with("hello\nSigBlk:\t0000000000000000\n"),
        "{printed}"
    );
    assert!(
        printed.contains("lo:") && !printed.contains("eth0"),
        "{printed}"
    );
    assert_eq!(
        bed.run("ping -c1 -W1 127.0.0.1 >/dev/null 2>&1 || [[ ! -x /bin/ping ]]; kill -9 $$")
            .signal,
        Some(9)
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn files_users_and_binds_are_there() {
    let host = tempfile::tempdir().unwrap();
    fs::write(host.path().join("shown"), "shown\n").unwrap();
    let mut spec = spec();
    spec.binds.push(Bind {
        source: host.path().into(),
        target: "/mnt/bound".into(),
        access: Access::ReadOnly,
    });
    spec.files
        .insert("/etc/portage/make.conf".into(), file("x=1\n"));
    spec.hidden.push("/etc/hostname".into());
    spec.users.push(User {
        name: "portage".into(),
        uid: 250,
        gid: 250,
        home: "/var/tmp/portage".into(),
    });
    let mut bed = Bed::ready(spec);
    let exit = bed.run(
        "cat /mnt/bound/shown /etc/portage/make.conf; id portage; [[ -e /etc/hostname ]] && echo there; ! echo x > /mnt/bound/y",
    );
    let printed = bed.printed();
    assert_eq!(exit.status, Some(0), "{printed}");
    assert!(
        printed.contains("shown\nx=1\nuid=250(portage) gid=250(portage)"),
        "{printed}"
    );
    assert!(!printed.contains("there"), "{printed}");
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_failing_step_is_named() {
    let mut spec = spec();
    let source = PathBuf::from("/nonexistent/of/pmsts");
    spec.binds.push(Bind {
        source,
        target: "/mnt/x".into(),
        access: Access::ReadOnly,
    });
    let mut bed = Bed::open(spec, executable());
    assert!(matches!(bed.next(), Notice::Born(_)));
    match bed.next() {
        Notice::SetupFailed { step, error } => {
            assert!(step.contains("showing /nonexistent/of/pmsts"), "{step}");
            assert!(error.contains("ENOENT"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_command_reads_what_it_is_given_and_then_the_end() {
    let mut bed = Bed::ready(spec());
    bed.run_with("cat", Some("a line\nand more"));
    bed.run("cat; echo none");
    assert_eq!(bed.printed(), "a line\nand morenone\n");
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn figures_of_a_command_are_its_own() {
    let mut bed = Bed::ready(spec());
    let big = bed.run("head -c 60M /dev/zero | tail -c 50M | wc -c");
    let small = bed.run("exit 0");
    assert!(big.max_rss_kib > 50_000, "{big:?}");
    assert!(small.max_rss_kib < 20_000, "{small:?}");
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_command_as_long_as_the_kernel_takes_it_is_executed() {
    let mut bed = Bed::ready(spec());
    let words = "w ".repeat(60_000);
    let env = (0..10).map(|n| (format!("V{n}"), words.clone()));
    let command = Command {
        argv: vec!["/bin/bash".into(), "-c".into(), "exit ${#V9}".into()],
        env: env.collect(),
        ..Command::default()
    };
    bed.bed.execute(&command).unwrap();
    match bed.next() {
        Notice::Exited(exit) => assert_eq!(exit.status, Some(120_000 % 256)),
        other => panic!("{other:?}"),
    }
}

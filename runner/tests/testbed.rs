//! What a testbed promises, tried on this machine's kernel. Wants root.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pmsts::testbed::spec::{Access, Bind, Command, Spec, User};
use pmsts::testbed::{Exit, Limit, Notice, Overlay, Testbed, tree};
use pmsts_eclass_templates::Answer;
use pmsts_testcases::model::{Content, ContentKind};
use pmsts_testcases::{FileKind, Value};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

fn is_root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        println!("skipped: testbeds of the backend overlay want root");
    }
    root
}

struct Bed {
    bed: Overlay,
    _dir: tempfile::TempDir,
}

fn spec() -> Spec {
    Spec {
        scratch_bytes: 64 << 20,
        max_processes: 200,
        ..Spec::default()
    }
}

fn executable() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_pmsts"))
}

impl Bed {
    fn open(spec: Spec, program: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bed = Overlay::open(spec, dir.path(), program).unwrap();
        Self { bed, _dir: dir }
    }

    fn ready(spec: Spec) -> Self {
        Self::ready_from(spec, executable())
    }

    fn ready_from(spec: Spec, program: &Path) -> Self {
        let mut bed = Self::open(spec, program);
        loop {
            match bed.next() {
                Notice::Ready => return bed,
                Notice::Born(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn next(&mut self) -> Notice {
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

    fn run(&mut self, script: &str) -> Exit {
        self.run_with(script, None)
    }

    fn run_with(&mut self, script: &str, input: Option<&str>) -> Exit {
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

    fn printed(&self) -> String {
        let mut bytes = Vec::new();
        let mut pipe = fs::File::from(self.bed.output().try_clone_to_owned().unwrap());
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl std::ops::Deref for Bed {
    type Target = Overlay;
    fn deref(&self) -> &Overlay {
        &self.bed
    }
}

fn file(text: &str) -> Content {
    Content {
        kind: ContentKind::File(text.into()),
        ..Content::default()
    }
}

#[test]
fn what_is_served_is_no_process_left_over_and_requests_are_told_by_command() {
    if !is_root() {
        return;
    }
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
fn without_anything_served_nobody_listens() {
    if !is_root() {
        return;
    }
    let exit = Bed::ready(spec()).run("exec 3<>/dev/tcp/127.0.0.1/8080");
    assert_ne!(exit.status, Some(0));
    assert!(exit.requests.is_empty());
}

#[test]
fn a_command_runs_alone_and_its_end_is_told() {
    if !is_root() {
        return;
    }
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
fn nothing_is_written_on_the_host() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    let exit = bed.run(
        "echo x > /etc/pmsts-was-here && echo x > /tmp/pmsts-was-here && rm -rf /usr/share/doc",
    );
    assert_eq!(exit.status, Some(0));
    assert!(!Path::new("/etc/pmsts-was-here").exists());
    assert!(!Path::new("/tmp/pmsts-was-here").exists());
    assert!(Path::new("/usr/share/doc").exists());
    let seen = tree::look(bed.root().unwrap(), "/etc/pmsts-was-here").unwrap();
    assert_eq!(
        (seen.kind, seen.content),
        (FileKind::File, Some(Value::from("x\n")))
    );
}

#[test]
fn files_users_and_binds_are_there() {
    if !is_root() {
        return;
    }
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
fn a_failing_step_is_named() {
    if !is_root() {
        return;
    }
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
fn what_a_command_leaves_behind_is_ended_and_counted() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    let exit = bed.run("setsid sleep 1000 & setsid sleep 1000 & exit 0");
    assert_eq!((exit.status, exit.left_over), (Some(0), 2));
}

#[test]
fn a_fork_bomb_ends_at_the_limit_of_processes() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    let exit = bed.run("bomb() { bomb | bomb & }; bomb; sleep 60");
    assert_eq!(exit.limit, Some(Limit::Processes));
    assert_eq!(bed.run("exit 0").status, Some(0));
}

#[test]
fn a_full_scratch_space_ends_the_command() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    let exit = bed.run("cat /dev/zero > /var/tmp/fill; sleep 60");
    assert_eq!(exit.limit, Some(Limit::Scratch));
}

#[test]
fn a_link_that_leads_to_the_host_is_read_inside() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    bed.run("echo inside > /etc/machine-name; ln -s / /var/up; ln -s ../../../../../../etc/machine-name /var/name; mkfifo /var/fifo; mknod /var/zero c 1 5");
    let root = bed.root().unwrap();
    assert_eq!(
        tree::read(root, "/var/up/etc/machine-name").unwrap(),
        Some(Value::from("inside\n"))
    );
    assert_eq!(
        tree::read(root, "/var/name").unwrap(),
        Some(Value::from("inside\n"))
    );
    for path in ["/var/fifo", "/var/zero", "/dev/zero", "/var"] {
        assert_eq!(tree::read(root, path).unwrap(), None, "{path}");
    }
    assert_eq!(tree::look(root, "/var/fifo").unwrap().kind, FileKind::Fifo);
    assert_eq!(
        tree::look(root, "/proc/1/root/etc").unwrap().kind,
        FileKind::Absent
    );
}

#[test]
fn a_command_reads_what_it_is_given_and_then_the_end() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    bed.run_with("cat", Some("a line\nand more"));
    bed.run("cat; echo none");
    assert_eq!(bed.printed(), "a line\nand morenone\n");
}

#[test]
fn killing_a_testbed_ends_all_its_processes() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    let command = Command {
        argv: vec![
            "/bin/bash".into(),
            "-c".into(),
            "trap '' TERM; sleep 4321.5 & wait; sleep 4321.5".into(),
        ],
        ..Command::default()
    };
    bed.bed.execute(&command).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    bed.bed.signal(15).unwrap();
    bed.bed.kill();
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
    assert!(!process_exists("4321.5"));
}

fn process_exists(argument: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        fs::read(entry.path().join("cmdline"))
            .is_ok_and(|line| line.split(|b| *b == 0).any(|a| a == argument.as_bytes()))
    })
}

#[test]
fn what_the_runner_inherited_does_not_reach_a_command() {
    if !is_root() {
        return;
    }
    // std ignores SIGPIPE; the rest is what shells, nohup and make hand down.
    let leaked = fs::File::open("/").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let script = "trap; umask; ls -l /proc/self/fd";
    let wrapper = r#"trap "" HUP INT QUIT; umask 077; exec "$PMSTS" "$@""#;
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("started-by-nohup");
    let text = format!("#!/bin/bash\nPMSTS={}\n{wrapper}\n", executable().display());
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut bed = Bed::ready_from(spec(), &program);
    bed.run(script);
    let printed = bed.printed();
    // Bash lists what it found ignored as a trap.
    assert!(printed.starts_with("0022\n"), "{printed}");
    assert!(!printed.contains("-> /\n"), "{printed}");
}

/// A directory that testbeds show, unlike the host's /tmp.
fn shown_directory() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("pmsts-test-")
        .tempdir_in("/var/lib")
        .unwrap()
}

#[test]
fn links_of_the_host_do_not_lead_the_set_up_out_of_the_testbed() {
    if !is_root() {
        return;
    }
    let host = shown_directory();
    let (real, link) = (host.path().join("real"), host.path().join("link"));
    fs::create_dir_all(real.join("private/deep")).unwrap();
    fs::set_permissions(real.join("private"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(real.join("hidden"), "kept").unwrap();
    symlink(&real, &link).unwrap();
    let path = |name: &str| link.join(name).display().to_string();
    let mut spec = spec();
    spec.files.insert(path("written"), file("written\n"));
    spec.hidden.push(path("hidden"));
    spec.reachable.push(link.join("private/deep"));
    for (target, access) in [("bound", Access::ReadOnly), ("laid", Access::Overlay)] {
        spec.binds.push(Bind {
            source: "/etc".into(),
            target: link.join(target),
            access,
        });
    }
    let mut bed = Bed::ready(spec);
    let exit = bed.run(&format!(
        "cd {}; cat written; ls -d bound/passwd laid/passwd hidden; stat -c %a private",
        real.display()
    ));
    let printed = bed.printed();
    assert_eq!(exit.status, Some(0), "{printed}");
    assert!(printed.starts_with("written\n"), "{printed}");
    assert!(
        printed.contains("bound/passwd\nlaid/passwd\n711\n"),
        "{printed}"
    );
    let mut names: Vec<_> = fs::read_dir(&real)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["hidden", "private"]);
    let mode = fs::metadata(real.join("private")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn figures_of_a_command_are_its_own() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    let big = bed.run("head -c 60M /dev/zero | tail -c 50M | wc -c");
    let small = bed.run("exit 0");
    assert!(big.max_rss_kib > 50_000, "{big:?}");
    assert!(small.max_rss_kib < 20_000, "{small:?}");
}

#[test]
fn disks_and_kernel_settings_of_the_host_are_out_of_reach() {
    if !is_root() {
        return;
    }
    let pid_max = || fs::read_to_string("/proc/sys/kernel/pid_max").unwrap();
    let before = pid_max();
    let mut bed = Bed::ready(spec());
    for script in [
        "mknod /var/tmp/null c 1 3 && echo x > /var/tmp/null",
        "mknod /dev/own c 1 3 && echo x > /dev/own",
        "mknod /etc/null c 1 3 && echo x > /etc/null",
        "echo x > /proc/sys/kernel/core_pattern",
        "echo h > /proc/sysrq-trigger",
    ] {
        assert_ne!(bed.run(script).status, Some(0), "{script}");
    }
    assert_eq!(pid_max(), before);
}

#[test]
fn files_without_end_end_the_command_as_well() {
    if !is_root() {
        return;
    }
    let mut bed = Bed::ready(spec());
    let exit = bed.run("cd /var/tmp; for i in {1..400000}; do : > $i; done 2>/dev/null; sleep 60");
    assert_eq!(exit.limit, Some(Limit::Scratch));
}

#[test]
fn a_command_as_long_as_the_kernel_takes_it_is_executed() {
    if !is_root() {
        return;
    }
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

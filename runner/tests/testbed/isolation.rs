//! Nothing gets out of a testbed, and nothing of the runner into it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use pmsts::testbed::spec::{Access, Bind};
use pmsts_testcases::{FileKind, Value};

use super::bed::{Bed, executable, file, spec};

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn nothing_is_written_on_the_host() {
    let mut bed = Bed::ready(spec());
    let exit = bed.run(
        "echo x > /etc/pmsts-was-here && echo x > /tmp/pmsts-was-here && rm -rf /usr/share/doc",
    );
    assert_eq!(exit.status, Some(0));
    assert!(!Path::new("/etc/pmsts-was-here").exists());
    assert!(!Path::new("/tmp/pmsts-was-here").exists());
    assert!(Path::new("/usr/share/doc").exists());
    let seen = bed.look("/etc/pmsts-was-here");
    assert_eq!(
        (seen.kind, seen.content),
        (FileKind::File, Some(Value::from("x\n")))
    );
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_link_that_leads_to_the_host_is_read_inside() {
    let mut bed = Bed::ready(spec());
    bed.run("echo inside > /etc/machine-name; ln -s / /var/up; ln -s ../../../../../../etc/machine-name /var/name; mkfifo /var/fifo; mknod /var/zero c 1 5");
    assert_eq!(
        bed.look("/var/up/etc/machine-name").content,
        Some(Value::from("inside\n"))
    );
    let link = bed.look("/var/name");
    assert_eq!((link.kind, link.content), (FileKind::Symlink, None));
    for path in ["/var/fifo", "/var/zero", "/dev/zero", "/var"] {
        assert_eq!(bed.look(path).content, None, "{path}");
    }
    assert_eq!(bed.look("/var/fifo").kind, FileKind::Fifo);
    assert_eq!(bed.look("/proc/1/root/etc").kind, FileKind::Absent);
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn what_the_runner_inherited_does_not_reach_a_command() {
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
#[ignore = "wants root: ./ci/test runs it"]
fn links_of_the_host_do_not_lead_the_set_up_out_of_the_testbed() {
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
#[ignore = "wants root: ./ci/test runs it"]
fn disks_and_kernel_settings_of_the_host_are_out_of_reach() {
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

//! Other systems as the root of testbeds. Wants root, and debootstrap for the first time.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Bench, PORTAGE, case, text};
use sha2::{Digest as _, Sha256};

/// An ordinary user's ids, which the machine need not know.
const SOMEBODY: &str = "64321";

fn must(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A small Debian. It is kept between the runs of these tests.
fn debian() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || std::env::home_dir().unwrap().join(".cache"),
        PathBuf::from,
    );
    let (done, begun) = (
        cache.join("pmsts-test-tree"),
        cache.join("pmsts-test-tree.begun"),
    );
    fs::create_dir_all(&cache).unwrap();
    let lock = fs::File::create(cache.join("pmsts-test-tree.lock")).unwrap();
    lock.lock().unwrap();
    if !done.exists() {
        let _ = fs::remove_dir_all(&begun);
        let packages = "--include=python3,wget,bzip2,xz-utils,make,patch";
        must(
            Command::new("debootstrap")
                .args(["--variant=minbase", packages, "bookworm"])
                .arg(&begun),
        );
        fs::rename(&begun, &done).unwrap();
    }
    done
}

/// A listing of a directory with all attributes, as a checksum.
fn listing(dir: &Path) -> Vec<u8> {
    let listing = must(
        Command::new("find")
            .arg(dir)
            .args(["-printf", "%P %y %m %U:%G %s %T@ %l\n"]),
    );
    let mut lines: Vec<&str> = listing.lines().collect();
    lines.sort_unstable();
    Sha256::digest(lines.join("\n")).to_vec()
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_system_like_a_gentoo_shows_in_no_verdict_and_is_not_changed() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let root = dir.path().join("gentoo");
    must(Command::new("cp").arg("-a").args([&debian(), &root]));
    let pmsts = || Command::new(env!("CARGO_BIN_EXE_pmsts"));
    let found = must(pmsts().args(["pm", "install", PORTAGE, "--format", "json"]));
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let prefix = found[0]["prefix"].as_str().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/trees/gentoo-like");
    must(Command::new(script).arg(&root).arg(prefix));
    let before = listing(&root);

    let bench = Bench::new(&case(
        "plain",
        "IUSE = \"of-the-host\"\nsrc_install = '''\nobserve host \"${OF_THE_HOST-none} $(use of-the-host && echo used) ${T%%/portage/*} $(id -u portage)\"\n\
         insinto /usr/share/@pn@\nnewins - file <<< text\n'''",
        "\"src_install.host\" = \"none  /var/tmp 250\"\n\"file /usr/share/@pn@/file\" = { content = \"text\\n\", owner = \"0:0\" }",
    ));
    let testbed = format!("tree:{}", root.display());
    for pm in ["portage", PORTAGE] {
        let output = bench.run(&["--testbed", &testbed, "--pm", pm, "--eapi", "8"]);
        assert_eq!(output.status.code(), Some(0), "{pm}: {}", text(&output));
        let results = bench.results();
        assert_eq!(results["targets"][0]["testbed"], testbed.as_str());
    }
    assert_eq!(listing(&root), before);
    bench.assert_nothing_left();
}

/// Writes a container image with two layers: the second one removes a file and a directory's content.
fn image(dir: &Path, system: &Path) -> PathBuf {
    let layout = dir.join("image");
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(
        layout.join("oci-layout"),
        "{\"imageLayoutVersion\":\"1.0.0\"}",
    )
    .unwrap();
    let second = dir.join("second");
    fs::create_dir_all(second.join("etc/skel")).unwrap();
    fs::write(second.join("etc/.wh.motd"), "").unwrap();
    fs::write(second.join("etc/skel/.wh..wh..opq"), "").unwrap();
    fs::write(second.join("etc/second-layer"), "").unwrap();
    for (name, from) in [("01", system), ("02", second.as_path())] {
        let tar = || Command::new("tar");
        must(
            tar()
                .arg("-cf")
                .arg(blobs.join(name))
                .arg("-C")
                .arg(from)
                .args(["--exclude=./dev/*", "."]),
        );
    }
    let layer =
        |digest: &str| format!("{{\"digest\":\"sha256:{digest}\",\"mediaType\":\"layer\"}}");
    let manifest = format!("{{\"layers\":[{},{}]}}", layer("01"), layer("02"));
    fs::write(blobs.join("03"), manifest).unwrap();
    let index = format!("{{\"manifests\":[{}]}}", layer("03"));
    fs::write(layout.join("index.json"), index).unwrap();
    layout
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn an_image_is_unpacked_and_run_by_an_ordinary_user() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let system = debian();
    assert!(system.join("etc/motd").exists() && system.join("etc/skel/.bashrc").exists());
    let layout = image(dir.path(), &system);
    // The checkout may be out of a user's reach.
    let program = dir.path().join("pmsts");
    fs::copy(env!("CARGO_BIN_EXE_pmsts"), &program).unwrap();
    must(Command::new("chown").args(["-R", SOMEBODY]).arg(dir.path()));
    let files = "ls /etc/second-layer /etc/motd /etc/skel/.bashrc 2> /dev/null";
    let bench = Bench::new(&case(
        "plain",
        &format!("src_install = 'observe files \"$({files})\"'"),
        "\"src_install.files\" = \"/etc/second-layer\"",
    ));
    must(
        Command::new("chmod")
            .args(["-R", "a+rwX"])
            .arg(bench.tmp().parent().unwrap()),
    );
    let typed = bench.command(&["--pm", PORTAGE, "--eapi", "8", "--testbed"]);
    let output = Command::new("setpriv")
        .args([
            "--reuid",
            SOMEBODY,
            "--regid",
            SOMEBODY,
            "--clear-groups",
            "--",
        ])
        .arg(&program)
        .args(typed.get_args())
        .arg(format!("tree:{}", layout.display()))
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("PMSTS_CACHE", dir.path().join("cache"))
        .env("HOME", dir.path())
        .env("TMPDIR", bench.tmp())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let notes = bench.results()["targets"][0]["notes"].to_string();
    assert!(notes.contains("one user alone"), "{notes}");
    bench.assert_nothing_left();
}

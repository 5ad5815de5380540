//! Builds the client program, which phases call to report, and gives pmsts its revision.
//!
//! The client is linked statically, as it also runs in roots without a C library. Cargo cannot build it: `crt-static`
//! in its flags would break the proc-macros of a build for the host. So this script calls rustc on the sources of
//! pmsts-ipc, which need nothing but std.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Flags for a client that is small and starts quickly, as phases call it many times.
const FLAGS: [&str; 6] = [
    "--edition=2024",
    "-Copt-level=s",
    "-Ccodegen-units=1",
    "-Cpanic=abort",
    "-Cstrip=symbols",
    "-Ctarget-feature=+crt-static",
];

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            println!("cargo::error={what}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    match packed() {
        Some((commit, date)) => {
            println!("cargo::rustc-env=PMSTS_REVISION={commit}");
            if let Some(date) = date.or_else(released) {
                println!("cargo::rustc-env=PMSTS_DATE={date}");
            }
        }
        None => revision(),
    }
    observer()?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    let sources = PathBuf::from(variable("DEP_PMSTS_IPC_SOURCES")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", sources.display());
    if is_built(&sources, &out) {
        return Ok(());
    }
    let library = build_library(&sources, &out)?;
    build_program(&sources, &out, &library)
}

/// Whether the client is newer than all its sources. Most often this script runs only for the revision.
fn is_built(sources: &Path, out: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let Some(built) = changed(&out.join("observe")) else {
        return false;
    };
    let mut open = vec![sources.to_owned(), PathBuf::from("build.rs")];
    while let Some(path) = open.pop() {
        if changed(&path).is_none_or(|changed| changed > built) {
            return false;
        }
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        open.extend(entries.map(|entry| entry.path()));
    }
    true
}

/// The commit that a package of a registry or a source tarball was made from, and its date, as cargo (without the date) or
/// `ci/release` wrote them down. A checkout has no such file.
fn packed() -> Option<(String, Option<String>)> {
    let written = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let value = |key: &str| {
        let (_, rest) = written.split_once(&format!("\"{key}\""))?;
        rest.split('"').nth(1).map(str::to_owned)
    };
    let commit = value("sha1")?;
    let dirty = if written.contains("\"dirty\": true") {
        "-dirty"
    } else {
        ""
    };
    Some((format!("{commit}{dirty}"), value("date")))
}

/// The date of the release, which the release checklist has people write into the manifest.
fn released() -> Option<String> {
    let manifest = fs::read_to_string("Cargo.toml").ok()?;
    let (_, rest) = manifest.split_once("[package.metadata.release]")?;
    rest.split('"').nth(1).map(str::to_owned)
}

/// Gives pmsts the commit that it is built from, if there is a checkout, and marks it if files have been changed since.
fn revision() {
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        let changed = git(&["--no-optional-locks", "status", "--porcelain"])
            .is_some_and(|files| !files.is_empty());
        let dirty = if changed { "-dirty" } else { "" };
        println!("cargo::rustc-env=PMSTS_REVISION={commit}{dirty}");
        if let Some(date) = git(&["log", "-1", "--format=%cs"]) {
            println!("cargo::rustc-env=PMSTS_DATE={date}");
        }
    }
    // A change of any file that pmsts is built from can make the work tree dirty.
    for path in [
        "../.git/HEAD",
        "../.git/refs/heads",
        "src",
        "adapters",
        "../testcases",
        "../eclass-templates",
        "../reports",
    ] {
        if Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

/// The code that decides what is observed: of a build, rendered, and a package manager, nothing else changes that. Names and
/// content, as one checksum (FNV-1a, twice: it must only tell versions of our own code apart).
fn observer() -> Result<(), String> {
    let own = PathBuf::from("src");
    let of = |name: &str| variable(name).map(PathBuf::from);
    let ipc = of("DEP_PMSTS_IPC_SOURCES")?;
    let templates = of("DEP_PMSTS_ECLASS_TEMPLATES_SOURCES")?;
    let cases = of("DEP_PMSTS_TESTCASES_SOURCES")?;
    let mut files = Vec::new();
    for (name, sources, part) in [
        ("runner", &own, "adapter"),
        ("runner", &own, "engine"),
        ("runner", &own, "schedule"),
        ("runner", &own, "target.rs"),
        ("runner", &own, "testbed"),
        ("ipc", &ipc, ""),
        ("eclass-templates", &templates, "write.rs"),
        ("testcases", &cases, "judge/observed.rs"),
    ] {
        let mut open = vec![sources.join(part)];
        while let Some(path) = open.pop() {
            match fs::read_dir(&path) {
                Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
                // Where the sources are must not count.
                Err(_) => files.push((
                    Path::new(name).join(path.strip_prefix(sources).unwrap_or(&path)),
                    path,
                )),
            }
        }
    }
    files.sort();
    let mut sums = [0xcbf2_9ce4_8422_2325_u64, 0x6c62_272e_07bb_0142];
    for (name, file) in files {
        let content = fs::read(&file).map_err(|why| format!("{}: {why}", file.display()))?;
        let name = name.display().to_string().into_bytes();
        for byte in name.into_iter().chain(content) {
            for sum in &mut sums {
                *sum = (*sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    println!(
        "cargo::rustc-env=PMSTS_OBSERVER={:016x}{:016x}",
        sums[0], sums[1]
    );
    Ok(())
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn build_library(sources: &Path, out: &Path) -> Result<PathBuf, String> {
    let library = out.join("libpmsts_ipc.rlib");
    let mut rustc = rustc(sources)?;
    rustc.args(["--crate-type=rlib", "--crate-name=pmsts_ipc", "-o"]);
    run(rustc.arg(&library).arg(sources.join("lib.rs")))?;
    Ok(library)
}

fn build_program(sources: &Path, out: &Path, library: &Path) -> Result<(), String> {
    let mut rustc = rustc(sources)?;
    rustc.args(["--crate-type=bin", "--crate-name=observe", "-Clto=fat"]);
    rustc.args(["-Crelocation-model=static", "--extern"]);
    rustc.arg(joined("pmsts_ipc=", library));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        rustc.arg(joined("-Clinker=", linker));
    }
    rustc.arg("-o").arg(out.join("observe"));
    run(rustc.arg(sources.join("bin/observe.rs"))).map_err(|what| {
        format!(
            "{what}; if linking failed, install the C library's static archive, libc.a \
             (Debian: libc6-dev, Fedora: glibc-static)"
        )
    })
}

fn rustc(sources: &Path) -> Result<Command, String> {
    let mut rustc = Command::new(variable("RUSTC")?);
    rustc.args(FLAGS).arg("--target").arg(variable("TARGET")?);
    // The same client wherever it is built.
    let mut remap = joined("--remap-path-prefix=", sources);
    remap.push("=ipc/src");
    rustc.arg(remap);
    Ok(rustc)
}

fn joined(option: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut joined = OsString::from(option);
    joined.push(value);
    joined
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!(
            "the static client was not built: rustc ended with {status}"
        )),
        Err(error) => Err(format!("the static client was not built: rustc: {error}")),
    }
}

fn variable(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("{name} is not set: run this script with cargo"))
}

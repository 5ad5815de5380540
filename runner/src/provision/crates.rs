//! Builds package managers that are programs of the Rust registry, with cargo, into the cache.

use std::{fs::File, path::Path, process::Command, time::Duration};

use pep440_rs::Version;
use serde::{Deserialize, Serialize};

use super::{
    Provenance, Provisioned,
    cache::{Cache, Entry},
    command::{Output, guarded, run},
    error::Error,
    progress::{Monitor, Progress},
    recipe::Recipe,
    spec::{Pick, Spec},
};

/// A build with few cores takes most of an hour.
const LIMIT: Duration = Duration::from_secs(3 * 60 * 60);

/// `manifest.json` of a program that cargo has built.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Package manager.
    pm: String,
    /// Its release.
    version: Version,
    /// The package in the registry.
    package: String,
    /// The compiler that built it.
    compiler: String,
    /// When it was built, RFC 3339, UTC.
    installed_at: String,
}

/// The release that a pick means. The registry is asked for the newest one only.
pub(super) fn pick(
    pm: &str,
    package: &str,
    pick: &Pick,
    monitor: &mut Monitor<'_>,
) -> Result<Version, Error> {
    match pick {
        Pick::Exactly(version) => Ok(version.clone()),
        Pick::Latest => {
            monitor.tell(Progress::AskingIndex {
                package: package.to_owned(),
            });
            let step = format!("asking the Rust registry for {package}");
            let output = cargo(&["info", package], &step, None, monitor)?;
            newest(&output.stdout).ok_or_else(|| Error::step(step, "it tells no version"))
        }
        Pick::All | Pick::Range(..) => Err(Error::step(
            format!("choosing releases of {pm}"),
            "each is built for half an hour: name one, or `latest`",
        )),
    }
}

/// The release in the cache, if it is there.
pub(super) fn stored(entry: &Entry, recipe: &Recipe) -> Option<Provisioned> {
    let manifest: Manifest = entry.manifest()?;
    let prefix = entry.dir().to_owned();
    let bin = prefix.join("bin");
    Some(Provisioned {
        spec: Spec::release(&manifest.pm, manifest.version.clone()),
        pm: manifest.pm,
        version: manifest.version.to_string(),
        kind: Provenance::Registry,
        program: bin.join(&recipe.program),
        python: None,
        site_packages: None,
        dependencies: std::collections::BTreeMap::new(),
        notes: vec![format!("It was built here by {}.", manifest.compiler)],
        lease: None,
        bin,
        prefix,
    })
}

/// Builds the release unless it is in the cache, and locks it against removal.
pub(super) fn provide(
    (pm, package, release): (&str, &str, &Version),
    entry: &Entry,
    (cache, recipe): (&Cache, &Recipe),
    monitor: &mut Monitor<'_>,
) -> Result<Provisioned, Error> {
    loop {
        let lease = entry.lease(monitor)?;
        if let Some(found) = stored(entry, recipe) {
            return Ok(Provisioned {
                lease: Some(lease),
                ..found
            });
        }
        drop(lease);
        let lock = entry.lock(monitor)?;
        if stored(entry, recipe).is_some() {
            continue;
        }
        monitor.tell(Progress::Building {
            what: format!("{pm}@{release}"),
        });
        let compiler = cargo(
            &["--version"],
            "asking cargo for its version",
            None,
            monitor,
        )?;
        let unfinished = entry.begin(&lock)?;
        build(
            (package, release),
            unfinished.dir(),
            cache,
            (&lock, monitor),
        )?;
        unfinished.finish(&Manifest {
            pm: pm.to_owned(),
            version: release.clone(),
            package: package.to_owned(),
            compiler: compiler.stdout.trim().to_owned(),
            installed_at: humantime::format_rfc3339_seconds(std::time::SystemTime::now())
                .to_string(),
        })?;
    }
}

fn build(
    (package, release): (&str, &Version),
    dir: &Path,
    cache: &Cache,
    (lock, monitor): (&File, &Monitor<'_>),
) -> Result<(), Error> {
    let scratch = cache.scratch()?;
    let release = release.to_string();
    let mut command = guarded("cargo");
    command.args([
        "install",
        "--locked",
        "--no-track",
        package,
        "--version",
        &release,
    ]);
    command.arg("--root").arg(dir);
    command.env("CARGO_TARGET_DIR", scratch.path());
    let step = format!("building {package} {release}");
    ended(run_cargo(command, &step, Some(lock), monitor)?, &step)?;
    Ok(())
}

fn cargo(
    arguments: &[&str],
    step: &str,
    lock: Option<&File>,
    monitor: &Monitor<'_>,
) -> Result<Output, Error> {
    let mut command = guarded("cargo");
    command.args(arguments);
    ended(run_cargo(command, step, lock, monitor)?, step)
}

fn run_cargo(
    mut command: Command,
    step: &str,
    lock: Option<&File>,
    monitor: &Monitor<'_>,
) -> Result<Output, Error> {
    if which::which("cargo").is_err() {
        return Err(Error::step(step, "no `cargo` on PATH: install Rust"));
    }
    // A workspace around the working directory has a say in which versions fit.
    command.current_dir("/").env("CARGO_TERM_COLOR", "never");
    run(command, step, LIMIT, lock, monitor)
}

fn ended(output: Output, step: &str) -> Result<Output, Error> {
    if output.status.success() {
        return Ok(output);
    }
    let error = output
        .stderr
        .lines()
        .find(|line| line.trim_start().starts_with("error"));
    let detail = error.map_or_else(|| output.last_line(), |line| line.trim().to_owned());
    Err(Error::step(step, detail))
}

/// The version in what `cargo info` prints.
fn newest(info: &str) -> Option<Version> {
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("version: "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_cargo_says() {
        let info =
            "pkgcraft-tools #gentoo\nCLI tools\nversion: 0.0.31 (latest 0.0.32)\nlicense: MIT\n";
        assert_eq!(newest(info), Some("0.0.31".parse().unwrap()));
        assert_eq!(newest("error: no\n"), None);
    }

    #[test]
    fn not_all_releases_are_built() {
        let mut monitor = Monitor {
            report: &mut |_| (),
            cancelled: &|| false,
        };
        let error = pick("pkgcraft", "pkgcraft-tools", &Pick::All, &mut monitor).unwrap_err();
        assert!(
            error.to_string().contains("name one, or `latest`"),
            "{error}"
        );
        let one = Pick::Exactly("0.0.31".parse().unwrap());
        assert!(pick("pkgcraft", "pkgcraft-tools", &one, &mut monitor).is_ok());
    }
}

//! Installs a release in a virtual environment of its own.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use pep440_rs::Version;
use serde::{Deserialize, Serialize};

use super::{
    cache::{Cache, Unfinished},
    command::{Output, guarded, run},
    error::Error,
    pip::{Pip, classify},
    progress::Monitor,
    python::Interpreter,
    uv::Uv,
    variant::Variant,
};

const LIMIT: Duration = Duration::from_secs(120);

/// `manifest.json` of a virtual environment, which describes its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Package manager.
    pub pm: String,
    /// Its release.
    pub version: Version,
    /// The interpreter that it was made with.
    pub python: PythonInfo,
    /// The Python that the release declares to require, if it does.
    pub requires_python: Option<String>,
    /// When it was made, RFC 3339, UTC.
    pub installed_at: String,
    /// The directory of its modules, relative to the environment.
    pub site_packages: PathBuf,
    /// All packages in it, with their versions.
    pub packages: Vec<Package>,
    /// Which dependencies were chosen.
    #[serde(default)]
    pub dependencies: Dependencies,
}

/// The dependencies that a release was installed with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dependencies {
    /// The newest at this time, which is when the release was published.
    Before(String),
    /// The newest when it was installed, as asked.
    Newest,
    /// The newest when it was installed, as dependencies of the day could not be had for this reason.
    Unknown(String),
    /// An older pmsts has installed it.
    #[default]
    NotRecorded,
}

/// An interpreter, as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonInfo {
    /// The executable, symbolic links resolved.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
}

/// A package in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The release to install, and how.
pub(super) struct Order<'a> {
    pub(super) pm: &'a str,
    pub(super) package: &'a str,
    pub(super) release: &'a Version,
    pub(super) module: Option<&'a str>,
    pub(super) program: &'a str,
    pub(super) interpreter: &'a Interpreter,
    pub(super) cache: &'a Cache,
    pub(super) variant: Variant,
    /// What resolves dependencies of the day, or why it cannot be had.
    pub(super) uv: &'a Result<Uv, String>,
}

impl Order<'_> {
    fn requirement(&self) -> String {
        let release = self.release.clone().without_local();
        format!("{}=={release}", self.package)
    }
}

/// A program that prints what is installed in the environment it runs in.
const INSPECT: &str = r#"
import importlib, json, os, sys, sysconfig
try:
    from importlib import metadata
except ImportError:
    metadata = None
package, module = sys.argv[1:]
if module:
    importlib.import_module(module)
found = [] if metadata is None else sorted((d.metadata["Name"], d.version) for d in metadata.distributions())
print(json.dumps({
    "requires_python": metadata and metadata.metadata(package).get("Requires-Python"),
    "site_packages": os.path.relpath(sysconfig.get_path("purelib"), sys.prefix),
    "packages": [{"name": name, "version": version} for name, version in found],
}))
"#;

#[derive(Deserialize)]
struct Inspection {
    requires_python: Option<String>,
    site_packages: PathBuf,
    packages: Vec<Package>,
}

/// Makes the environment, and returns what is in it. The caller makes the entry complete.
pub(super) fn make(
    order: &Order<'_>,
    unfinished: &Unfinished<'_>,
    holding: &File,
    monitor: &Monitor<'_>,
) -> Result<Manifest, Error> {
    let dir = unfinished.dir();
    let mut command = guarded(&order.interpreter.path);
    command.args(["-I", "-m", "venv", "--without-pip"]).arg(dir);
    let step = "making a virtual environment";
    let output = run(command, step, LIMIT, Some(holding), monitor)?;
    succeeded(&output, order, dir, step)?;

    let python = dir.join("bin/python");
    let dependencies = install(order, dir, &python, (holding, monitor))?;
    let inspection = inspect(order, dir, &python, holding, monitor)?;
    Ok(Manifest {
        pm: order.pm.to_owned(),
        version: order.release.clone(),
        python: PythonInfo {
            path: order.interpreter.path.clone(),
            version: order.interpreter.version.clone(),
        },
        requires_python: inspection.requires_python,
        installed_at: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
        site_packages: inspection.site_packages,
        packages: inspection.packages,
        dependencies,
    })
}

/// Installs the release with dependencies of the day on which it was published; with the newest ones if that is asked
/// for, or if the day cannot be known.
fn install(
    order: &Order<'_>,
    dir: &Path,
    python: &Path,
    within: (&File, &Monitor<'_>),
) -> Result<Dependencies, Error> {
    let day = match order.uv {
        _ if order.variant.fresh => Err(Dependencies::Newest),
        Err(reason) => Err(Dependencies::Unknown(reason.clone())),
        Ok(uv) => match uv.published(&order.requirement(), python, within)? {
            Some(day) => Ok((uv, day)),
            None => Err(Dependencies::Unknown(
                "the package index does not tell when it was published".to_owned(),
            )),
        },
    };
    match day {
        Ok((uv, day)) => {
            let source_of = order.variant.native.then_some(order.package);
            let mut day = day;
            let mut output = uv.install(&order.requirement(), &day, source_of, python, within)?;
            if output.stderr.contains("No solution found")
                && let Some(later) = later(&day)
            {
                day = later;
                output = uv.install(&order.requirement(), &day, source_of, python, within)?;
            }
            succeeded(
                &output,
                order,
                dir,
                &format!("installing {}", order.requirement()),
            )?;
            Ok(Dependencies::Before(day))
        }
        Err(newest) => {
            with_pip(order, dir, python, within)?;
            Ok(newest)
        }
    }
}

/// A week later: some releases were published shortly before a dependency of theirs.
fn later(day: &str) -> Option<String> {
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let day = humantime::parse_rfc3339(day).ok()?.checked_add(week)?;
    Some(humantime::format_rfc3339_seconds(day).to_string())
}

fn with_pip(
    order: &Order<'_>,
    dir: &Path,
    python: &Path,
    (holding, monitor): (&File, &Monitor<'_>),
) -> Result<(), Error> {
    let requirement = order.requirement();
    let mut arguments = vec![
        "install",
        "--no-warn-script-location",
        "--progress-bar",
        "off",
    ];
    if order.variant.native {
        arguments.extend(["--no-binary", order.package]);
    }
    arguments.push(&requirement);
    let step = format!(
        "installing {requirement} with {}",
        order.interpreter.path.display()
    );
    let pip = Pip {
        interpreter: order.interpreter,
        python,
        cache: order.cache,
        holding: Some(holding),
    };
    let output = pip.run(&arguments, &step, monitor)?;
    succeeded(&output, order, dir, &step)
}

fn inspect(
    order: &Order<'_>,
    dir: &Path,
    python: &Path,
    holding: &File,
    monitor: &Monitor<'_>,
) -> Result<Inspection, Error> {
    let step = format!(
        "trying {}@{} with {}",
        order.pm,
        order.release,
        order.interpreter.path.display()
    );
    let mut command = guarded(python);
    command.args([
        "-I",
        "-c",
        INSPECT,
        order.package,
        order.module.unwrap_or_default(),
    ]);
    let output = run(command, &step, LIMIT, Some(holding), monitor)?;
    succeeded(&output, order, dir, &step)?;
    if !dir.join("bin").join(order.program).is_file() {
        return Err(Error::step(
            step,
            format!("it has no program `{}`", order.program),
        ));
    }
    serde_json::from_str(&output.stdout).map_err(|error| Error::step(step, error.to_string()))
}

fn succeeded(output: &Output, order: &Order<'_>, dir: &Path, step: &str) -> Result<(), Error> {
    if output.status.success() {
        return Ok(());
    }
    Err(classify(output).into_error(order.package, step, dir))
}

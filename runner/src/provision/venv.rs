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
    let requirement = format!("{}=={}", order.package, order.release);
    let arguments = [
        "install",
        "--no-warn-script-location",
        "--progress-bar",
        "off",
        &requirement,
    ];
    let step = format!(
        "installing {requirement} with {}",
        order.interpreter.path.display()
    );
    let pip = Pip {
        interpreter: order.interpreter,
        python: &python,
        cache: order.cache,
        holding: Some(holding),
    };
    let output = pip.run(&arguments, &step, monitor)?;
    succeeded(&output, order, dir, &step)?;

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
    })
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

//! Finds the Python interpreters of this machine.

use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use pep440_rs::Version;
use serde::Deserialize;

use super::{
    command::{guarded, run},
    error::Error,
    progress::{Monitor, Progress},
};

/// Interpreters answer in milliseconds; one that does not answer in this time is ignored.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// A program that prints the properties of its interpreter. It runs on every Python 3.
///
/// pip is taken from the wheel of ensurepip, which exists wherever virtual environments can be made, even if no pip is
/// installed, and which runs without being installed.
const PROBE: &str = r#"
import json, os, platform, sys
pip = None
try:
    import ensurepip, glob, sysconfig, venv
    places = [sysconfig.get_config_var("WHEEL_PKG_DIR"), os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
    wheels = [wheel for place in places if place for wheel in sorted(glob.glob(os.path.join(place, "pip-*.whl")))]
    pip = wheels[0] if wheels else None
except Exception:
    pass
print(json.dumps({"version": platform.python_version().rstrip("+"), "path": os.path.realpath(sys.executable), "pip": pip}))
"#;

/// An interpreter that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The executable, symbolic links resolved.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
    /// The pip that it gives to virtual environments; `None` if it cannot make them.
    pub pip: Option<PathBuf>,
    /// Whether every user can reach it, as no directory above it is private.
    pub reachable: bool,
}

impl Interpreter {
    /// Whether it has venv and ensurepip.
    pub fn can_make_venvs(&self) -> bool {
        self.pip.is_some()
    }

    /// The version of the pip that it carries.
    pub(super) fn pip_version(&self) -> Option<Version> {
        let name = self.pip.as_ref()?.file_name()?.to_str()?;
        name.strip_prefix("pip-")?.split('-').next()?.parse().ok()
    }
}

/// All interpreters found, newest first.
pub fn find(monitor: &mut Monitor<'_>) -> Result<Vec<Interpreter>, Error> {
    monitor.tell(Progress::LookingForPythons);
    let mut found: Vec<Interpreter> = Vec::new();
    for candidate in candidates(&bin_dirs()) {
        if let Some(interpreter) = probe(&candidate, monitor)?
            && found.iter().all(|known| known.path != interpreter.path)
        {
            found.push(interpreter);
        }
    }
    found.sort_by(|a, b| b.version.cmp(&a.version).then_with(|| a.path.cmp(&b.path)));
    Ok(found)
}

#[derive(Deserialize)]
struct Answer {
    version: Version,
    path: PathBuf,
    pip: Option<PathBuf>,
}

/// The interpreter at `path`; `None` if it is not a working Python.
pub(super) fn probe(path: &Path, monitor: &Monitor<'_>) -> Result<Option<Interpreter>, Error> {
    let mut command = guarded(path);
    command.args(["-I", "-c", PROBE]);
    let output = match run(
        command,
        "asking for the version of Python",
        PROBE_LIMIT,
        None,
        monitor,
    ) {
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(_) => return Ok(None),
        Ok(output) => output,
    };
    let answer = serde_json::from_str::<Answer>(&output.stdout).ok();
    Ok(answer.map(|answer| Interpreter {
        reachable: is_reachable(&answer.path),
        path: answer.path,
        version: answer.version,
        pip: answer.pip,
    }))
}

/// Whether users other than the owner can reach the file from / and execute it.
fn is_reachable(path: &Path) -> bool {
    path.ancestors().all(|part| {
        fs::metadata(part).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
    })
}

/// The executables that may be interpreters, symbolic links resolved, each once.
///
/// Resolving turns an active virtual environment into the interpreter that made it.
fn candidates(dirs: &[PathBuf]) -> Vec<PathBuf> {
    let mut seen = BTreeSet::new();
    let mut list = Vec::new();
    for dir in dirs {
        let Ok(entries) = fs::read_dir(dir) else {
            continue;
        };
        let mut names: Vec<_> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_python_name(name))
            .collect();
        names.sort();
        for name in names {
            if let Ok(path) = dir.join(name).canonicalize()
                && seen.insert(path.clone())
            {
                list.push(path);
            }
        }
    }
    list
}

fn is_python_name(name: &str) -> bool {
    match name.strip_prefix("python3") {
        Some("") => true,
        Some(minor) => minor
            .strip_prefix('.')
            .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())),
        None => false,
    }
}

/// Directories that may hold interpreters: PATH, then those of version managers.
///
/// The shims of version managers are left out: they are slow, fail for versions that are not selected, and only start
/// the interpreters in the directories beside them.
fn bin_dirs() -> Vec<PathBuf> {
    let path: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default();
    let (shims, mut dirs): (Vec<_>, Vec<_>) =
        path.into_iter().partition(|dir| dir.ends_with("shims"));
    let mut roots: Vec<PathBuf> = Vec::new();
    for root in shims.iter().filter_map(|dir| dir.parent()) {
        roots.extend([root.join("versions"), root.join("installs/python")]);
    }
    roots.extend(manager_roots());
    for root in roots {
        let Ok(entries) = fs::read_dir(&root) else {
            continue;
        };
        dirs.extend(entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))));
    }
    dirs.extend(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    dirs
}

/// Directories of version managers, with one installation in each entry.
fn manager_roots() -> Vec<PathBuf> {
    let below = |variable: &str, fallback: Option<PathBuf>, rest: &str| {
        env::var_os(variable)
            .map(PathBuf::from)
            .or(fallback)
            .map(|root| root.join(rest))
    };
    let home = env::home_dir();
    let at_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
    let data = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or(at_home(".local/share"));
    let in_data = |rest: &str| data.as_ref().map(|data| data.join(rest));
    [
        below("PYENV_ROOT", at_home(".pyenv"), "versions"),
        below("UV_PYTHON_INSTALL_DIR", in_data("uv/python"), ""),
        below("ASDF_DATA_DIR", at_home(".asdf"), "installs/python"),
        below("MISE_DATA_DIR", in_data("mise"), "installs/python"),
        below("RYE_HOME", at_home(".rye"), "py"),
        Some("/opt".into()),
        Some("/opt/python".into()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_names_of_python_3_are_asked() {
        for name in ["python3", "python3.9", "python3.13"] {
            assert!(is_python_name(name), "{name}");
        }
        for name in [
            "python",
            "python2.7",
            "python3-config",
            "python3.",
            "python3.9-config",
            "python3.13t",
        ] {
            assert!(!is_python_name(name), "{name}");
        }
    }

    #[test]
    fn links_to_one_interpreter_are_asked_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("python3.11"), "").unwrap();
        symlink("python3.11", dir.path().join("python3")).unwrap();
        symlink("nowhere", dir.path().join("python3.12")).unwrap();
        assert_eq!(candidates(&[dir.path().into(), dir.path().into()]).len(), 1);
    }

    #[test]
    fn a_program_that_is_no_python_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let shim = dir.path().join("python3");
        fs::write(&shim, "#!/bin/sh\necho not found >&2\nexit 127\n").unwrap();
        fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
        let monitor = Monitor {
            report: &mut |_| (),
            cancelled: &|| false,
        };
        assert_eq!(probe(&shim, &monitor).unwrap(), None);
        assert_eq!(probe(&dir.path().join("absent"), &monitor).unwrap(), None);
    }
}

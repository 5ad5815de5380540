//! Finds package managers that are already on this machine: on PATH, in a checkout or in a prefix.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde::Deserialize;

use super::{
    Provenance, Provisioned, checkout,
    command::run,
    error::Error,
    place::Place,
    progress::{Monitor, Progress},
    recipe::{Recipe, VersionSource},
    spec::Spec,
    venv::PythonInfo,
};

const LIMIT: Duration = Duration::from_secs(60);

/// The version of a package manager that does not report one.
const UNKNOWN: &str = "unknown";

/// Directories for programs, below a prefix.
const BIN_DIRS: [&str; 4] = ["bin", "usr/bin", "sbin", "usr/sbin"];

/// Asks a Python module for its version.
const IDENTIFY: &str = r#"
import importlib, json, os, platform, sys
library, module, attribute = sys.argv[1:]
if library:
    sys.path.insert(0, library)
it = importlib.import_module(module)
print(json.dumps({
    "version": str(getattr(it, attribute)),
    "site_packages": os.path.dirname(os.path.dirname(os.path.realpath(it.__file__))),
    "python": {"path": os.path.realpath(sys.executable), "version": platform.python_version().rstrip("+")},
}))
"#;

#[derive(Default, Deserialize)]
struct Identity {
    version: String,
    site_packages: Option<PathBuf>,
    python: Option<PythonInfo>,
}

/// Finds the package manager on PATH.
pub(super) fn on_path(
    spec: &Spec,
    recipe: &Recipe,
    place: &Place,
    monitor: &mut Monitor<'_>,
) -> Result<Provisioned, Error> {
    let program = place
        .which(&recipe.program)
        .ok_or_else(|| Error::NotOnPath {
            pm: spec.pm.clone(),
            program: recipe.program.clone(),
            instead: match recipe.package {
                Some(_) => format!("`{}@latest`", spec.pm),
                None => format!("`{}:DIR`", spec.pm),
            },
        })?;
    let bin = parent(&program);
    let prefix = parent(&bin);
    describe(
        spec,
        recipe,
        Found {
            kind: Provenance::Path,
            program,
            bin,
            prefix,
        },
        place,
        monitor,
    )
}

/// Finds the package manager in a directory.
pub(super) fn in_dir(
    spec: &Spec,
    dir: &Path,
    recipe: &Recipe,
    monitor: &mut Monitor<'_>,
) -> Result<Provisioned, Error> {
    let dir = fs::canonicalize(dir).map_err(|_| not_in_dir(spec, dir, recipe))?;
    let bin = BIN_DIRS
        .map(|bin| dir.join(bin))
        .into_iter()
        .find(|bin| bin.join(&recipe.program).is_file())
        .ok_or_else(|| not_in_dir(spec, &dir, recipe))?;
    let program = bin.join(&recipe.program);
    describe(
        spec,
        recipe,
        Found {
            kind: Provenance::Dir,
            program,
            bin,
            prefix: dir,
        },
        &Place::Machine,
        monitor,
    )
}

fn not_in_dir(spec: &Spec, dir: &Path, recipe: &Recipe) -> Error {
    Error::NotInDir {
        pm: spec.pm.clone(),
        program: recipe.program.clone(),
        dir: dir.to_owned(),
        looked: BIN_DIRS
            .map(|bin| format!("{bin}/{}", recipe.program))
            .join(", "),
    }
}

struct Found {
    kind: Provenance,
    program: PathBuf,
    bin: PathBuf,
    prefix: PathBuf,
}

fn describe(
    spec: &Spec,
    recipe: &Recipe,
    found: Found,
    place: &Place,
    monitor: &mut Monitor<'_>,
) -> Result<Provisioned, Error> {
    monitor.tell(Progress::Inspecting {
        what: spec.to_string(),
    });
    let mut notes = Vec::new();
    let mut identity = identify(recipe, &found, place, monitor)?.unwrap_or_else(|| {
        notes.push(format!("{spec} does not report its version"));
        Identity {
            version: UNKNOWN.to_owned(),
            ..Identity::default()
        }
    });
    if found.kind == Provenance::Dir && found.prefix.join(".git").exists() {
        identity.version = checkout::version(identity.version, &found.prefix, |command| {
            ask(command, monitor)
        })?;
    }
    Ok(Provisioned {
        spec: spec.clone(),
        pm: spec.pm.clone(),
        version: identity.version,
        kind: found.kind,
        prefix: found.prefix,
        bin: found.bin,
        program: found.program,
        python: identity.python,
        site_packages: identity.site_packages,
        dependencies: BTreeMap::new(),
        notes,
        lease: None,
    })
}

/// The version that the package manager reports, if it reports one.
fn identify(
    recipe: &Recipe,
    found: &Found,
    place: &Place,
    monitor: &Monitor<'_>,
) -> Result<Option<Identity>, Error> {
    match &recipe.version {
        VersionSource::Python { module, attribute } => {
            // Only a checkout needs the path of its modules: the interpreter of an installation knows it.
            let library = recipe.library.as_ref().map(|it| found.prefix.join(it));
            let library = library.filter(|it| it.join(module).is_dir());
            let mut command = place.command(&interpreter_of(&found.program, &found.bin, place));
            command.args(["-B", "-c", IDENTIFY]);
            command
                .arg(library.unwrap_or_default())
                .args([module, attribute]);
            let text = ask(command, monitor)?;
            Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
        }
        VersionSource::Program { arguments } => {
            let mut command = place.command(&found.program);
            command.args(arguments);
            let text = ask(command, monitor)?.unwrap_or_default();
            let word = text
                .lines()
                .next()
                .and_then(|line| line.split_whitespace().last());
            Ok(word.map(|version| Identity {
                version: version.to_owned(),
                ..Identity::default()
            }))
        }
    }
}

/// The output of `command`, if it succeeds.
fn ask(command: Command, monitor: &Monitor<'_>) -> Result<Option<String>, Error> {
    match run(command, "asking for the version", LIMIT, None, monitor) {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Ok(output) if output.status.success() => Ok(Some(output.stdout)),
        _ => Ok(None),
    }
}

/// The interpreter of `program`: from its `#!` line, else beside it, else on PATH.
fn interpreter_of(program: &Path, bin: &Path, place: &Place) -> PathBuf {
    let named = place.read(program).and_then(|bytes| shebang(&bytes));
    let beside = bin.join("python3");
    let candidates = named
        .into_iter()
        .chain(place.has(&beside).then_some(beside));
    candidates
        .chain(["python3".into()])
        .next()
        .unwrap_or_default()
}

/// The Python of a `#!` line, if it names one.
fn shebang(bytes: &[u8]) -> Option<PathBuf> {
    let line = bytes
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?;
    let mut words = std::str::from_utf8(line).ok()?.split_whitespace();
    let mut interpreter = Path::new(words.next()?);
    if interpreter.ends_with("env") {
        interpreter = Path::new(words.find(|word| !word.starts_with('-') && !word.contains('='))?);
    }
    // Gentoo's python-exec is a wrapper, which selects a program by the name that it is called with.
    let name = interpreter.file_name()?.to_str()?;
    let is_python = name.starts_with("python") && !name.starts_with("python-exec");
    is_python.then(|| interpreter.to_owned())
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_is_read_from_the_program() {
        let read = |line: &str| shebang(line.as_bytes()).map(|path| path.display().to_string());
        assert_eq!(
            read("#!/opt/x/bin/python3.11\nimport"),
            Some("/opt/x/bin/python3.11".into())
        );
        assert_eq!(read("#!/usr/bin/env python\n"), Some("python".into()));
        assert_eq!(
            read("#!/usr/bin/env -S python3 -b\n"),
            Some("python3".into())
        );
        assert_eq!(read("#!/usr/lib/python-exec/python-exec2\n"), None);
        assert_eq!(read("#!/bin/bash\n"), None);
        assert_eq!(read("\x7fELF"), None);
    }
}

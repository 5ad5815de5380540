//! Runs pip with the user's own configuration of index, proxy and certificates.

use std::{ffi::OsString, fs::File, path::Path, process::Command, time::Duration};

use super::{
    cache::Cache,
    command::{Output, guarded, run},
    error::Error,
    progress::Monitor,
    python::Interpreter,
};

/// pip has its own time limits for the network, and building an old release takes only seconds.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// A pip, run from its wheel.
pub(super) struct Pip<'a> {
    /// The interpreter that carries the pip.
    pub(super) interpreter: &'a Interpreter,
    /// The Python that it installs for: the interpreter itself, or that of a virtual environment.
    pub(super) python: &'a Path,
    /// The cache, for temporary files.
    pub(super) cache: &'a Cache,
    /// The lock under which it works.
    pub(super) holding: Option<&'a File>,
}

impl Pip<'_> {
    pub(super) fn run(
        &self,
        arguments: &[&str],
        step: &str,
        monitor: &Monitor<'_>,
    ) -> Result<Output, Error> {
        let Some(wheel) = &self.interpreter.pip else {
            return Err(Error::NoVenv {
                found: self.interpreter.path.display().to_string(),
            });
        };
        let scratch = self.cache.scratch()?;
        let mut command = guarded(self.python);
        command.arg(wheel.join("pip")).args(arguments);
        isolate(&mut command);
        command.env("TMPDIR", scratch.path());
        run(command, step, LIMIT, self.holding, monitor)
    }
}

/// Unsets what would change where pip installs, or what it prints.
fn isolate(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PYTHON")) {
            command.env_remove(name);
        }
    }
    for name in [
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_PYTHON",
        "PIP_VERBOSE",
        "PIP_QUIET",
        "PIP_LOG",
    ] {
        command.env_remove(name);
    }
    let always: [(&str, OsString); 6] = [
        ("PYTHONNOUSERSITE", "1".into()),
        ("PIP_USER", "false".into()),
        ("PIP_REQUIRE_VIRTUALENV", "false".into()),
        ("PIP_DISABLE_PIP_VERSION_CHECK", "1".into()),
        ("PIP_NO_INPUT", "1".into()),
        ("NO_COLOR", "1".into()),
    ];
    command.envs(always);
    if std::env::var_os("PIP_RETRIES").is_none() {
        command.env("PIP_RETRIES", "2");
    }
}

/// Why pip failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The package index could not be reached, with the reason.
    Network(String),
    /// The disk is full.
    DiskFull,
    /// The package index has nothing that matches.
    NothingFound,
    /// Another error, with the most informative line.
    Other(String),
}

impl Failure {
    /// The error of `step`, which dealt with `package` and wrote below `place`.
    pub(super) fn into_error(self, package: &str, step: &str, place: &Path) -> Error {
        match self {
            Self::Network(detail) => Error::Network {
                package: package.to_owned(),
                detail,
            },
            Self::DiskFull => Error::DiskFull {
                path: place.to_owned(),
            },
            Self::NothingFound => Error::step(step, "the package index does not have it"),
            Self::Other(detail) => Error::step(step, detail),
        }
    }
}

/// Parses the error output of pip: nothing else distinguishes a missing network from a missing release.
pub(super) fn classify(output: &Output) -> Failure {
    let text = &output.stderr;
    if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
        return Failure::DiskFull;
    }
    let network = [
        "connection broken by",
        "Could not fetch URL",
        "Max retries exceeded",
        "ReadTimeoutError",
        "ConnectionError",
        "ProxyError",
        "NetworkConnectionError",
    ];
    if let Some(line) = text
        .lines()
        .rfind(|line| network.iter().any(|sign| line.contains(sign)))
    {
        return Failure::Network(reason(line));
    }
    if text.contains("No matching distribution found") {
        return Failure::NothingFound;
    }
    let error = text
        .lines()
        .rfind(|line| line.to_ascii_lowercase().contains("error"));
    Failure::Other(error.map_or_else(|| output.last_line(), |line| line.trim().to_owned()))
}

/// The readable part of a connection error, which follows the last address of an object.
fn reason(line: &str) -> String {
    let tail = line.rsplit("object at 0x").next().unwrap_or(line);
    let tail = tail.split_once(">: ").map_or(tail, |(_, tail)| tail);
    let end = tail.find("')").unwrap_or(tail.len());
    tail[..end]
        .trim()
        .trim_start_matches("WARNING: ")
        .trim_start_matches("ERROR: ")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn failed(stderr: &str) -> Output {
        Output {
            status: std::process::ExitStatus::from_raw(256),
            stdout: String::new(),
            stderr: stderr.to_owned(),
        }
    }

    #[test]
    fn an_absent_network_is_told_from_an_absent_release() {
        let missing = "ERROR: No matching distribution found for portage\n";
        assert_eq!(classify(&failed(missing)), Failure::NothingFound);
        let offline = format!(
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip.X object at \
             0x7f34>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': \
             /simple/portage/\n{missing}"
        );
        let expected =
            "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution";
        assert_eq!(
            classify(&failed(&offline)),
            Failure::Network(expected.to_owned())
        );
    }

    #[test]
    fn a_full_disk_is_recognised() {
        let text = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n";
        assert_eq!(classify(&failed(text)), Failure::DiskFull);
    }

    #[test]
    fn any_other_failure_shows_its_error_line() {
        let text = "Collecting x\nERROR: Failed to build x\nnotice: something\n";
        assert_eq!(
            classify(&failed(text)),
            Failure::Other("ERROR: Failed to build x".to_owned())
        );
    }
}

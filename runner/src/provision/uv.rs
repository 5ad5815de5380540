//! Runs uv, which resolves dependencies as they were on a given day. pip learned that only in a release that the
//! interpreters of a machine do not carry.
//!
//! uv is installed from the package index into the cache. It follows the user's settings of pip where it has none of
//! its own.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{
    cache::{Cache, Lease},
    command::{Output, guarded, run},
    error::Error,
    pip::{Pip, classify},
    progress::Monitor,
    python::Interpreter,
};

/// The release of uv. Another one could resolve otherwise.
const RELEASE: &str = "0.13.9";

const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Settings of pip and what uv calls them.
const SETTINGS: [(&str, &str); 4] = [
    ("index-url", "UV_DEFAULT_INDEX"),
    ("extra-index-url", "UV_INDEX"),
    ("cert", "SSL_CERT_FILE"),
    ("proxy", "ALL_PROXY"),
];

/// `manifest.json` of uv in the cache.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Manifest {
    /// Settings of uv that follow from those of pip.
    settings: Vec<(String, String)>,
}

/// A uv that runs.
#[derive(Debug)]
pub(super) struct Uv {
    program: PathBuf,
    cache: Cache,
    settings: Vec<(String, String)>,
    #[expect(dead_code, reason = "dropping it releases the lock")]
    lease: Lease,
}

impl Uv {
    /// The uv of the cache, installed with the pip of `interpreter` if it is not there yet.
    pub(super) fn provide(
        interpreter: &Interpreter,
        cache: &Cache,
        monitor: &mut Monitor<'_>,
    ) -> Result<Self, Error> {
        let entry = cache.entry("tools", &format!("uv-{RELEASE}"));
        loop {
            let lease = entry.lease(monitor)?;
            if let Some(Manifest { settings }) = entry.manifest() {
                return Ok(Self {
                    program: entry.dir().join("bin/uv"),
                    cache: cache.clone(),
                    settings,
                    lease,
                });
            }
            drop(lease);
            let lock = entry.lock(monitor)?;
            if entry.is_complete() {
                continue;
            }
            let pip = Pip {
                interpreter,
                python: &interpreter.path,
                cache,
                holding: Some(&lock),
            };
            let unfinished = entry.begin(&lock)?;
            let dir = unfinished.dir().to_string_lossy().into_owned();
            let requirement = format!("uv=={RELEASE}");
            let step = format!("installing {requirement}");
            let arguments = ["install", "--no-deps", "--target", &dir, &requirement];
            let output = pip.run(&arguments, &step, monitor)?;
            if !output.status.success() {
                return Err(classify(&output).into_error("uv", &step, unfinished.dir()));
            }
            let told = pip.run(&["config", "list"], "reading pip's settings", monitor)?;
            unfinished.finish(&Manifest {
                settings: settings(&told.stdout),
            })?;
        }
    }

    /// When the last file of a release was uploaded, as the index tells it; `None` if it does not.
    pub(super) fn published(
        &self,
        requirement: &str,
        python: &Path,
        (holding, monitor): (&File, &Monitor<'_>),
    ) -> Result<Option<String>, Error> {
        let scratch = self.cache.scratch()?;
        let asked = scratch.path().join("requirements.in");
        std::fs::write(&asked, requirement).map_err(|source| Error::cache(&asked, source))?;
        let mut command = self.command(python);
        command.args([
            "pip",
            "compile",
            "--quiet",
            "--no-deps",
            "--format",
            "pylock.toml",
        ]);
        command.arg("--python").arg(python).arg(&asked);
        let step = format!("asking when {requirement} was published");
        let output = run(command, &step, LIMIT, Some(holding), monitor)?;
        Ok(last_upload(&output.stdout))
    }

    /// Installs a release and its dependencies, as they were at `before`.
    pub(super) fn install(
        &self,
        requirement: &str,
        before: &str,
        source_of: Option<&str>,
        python: &Path,
        (holding, monitor): (&File, &Monitor<'_>),
    ) -> Result<Output, Error> {
        let mut command = self.command(python);
        command.args(["pip", "install", "--no-progress", "--compile-bytecode"]);
        command.args(["--link-mode", "copy", "--exclude-newer", before]);
        if let Some(package) = source_of {
            command.args(["--no-binary", package]);
        }
        command.arg("--python").arg(python).arg(requirement);
        let step = format!("installing {requirement} with dependencies of {before}");
        run(command, &step, LIMIT, Some(holding), monitor)
    }

    fn command(&self, python: &Path) -> Command {
        let mut command = guarded(&self.program);
        for (name, value) in &self.settings {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        for name in [
            "VIRTUAL_ENV",
            "UV_SYSTEM_PYTHON",
            "UV_TARGET",
            "UV_PREFIX",
            "UV_EXCLUDE_NEWER",
        ] {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PYTHON")) {
                command.env_remove(name);
            }
        }
        command.env("UV_PYTHON_DOWNLOADS", "never");
        command.env("UV_CACHE_DIR", self.cache.root().join("uv"));
        command.env("NO_COLOR", "1");
        if let Some(bin) = python.parent() {
            // Builds of old releases call `python`.
            let path = std::env::var_os("PATH").unwrap_or_default();
            let all = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
            command.envs(std::env::join_paths(all).ok().map(|path| ("PATH", path)));
        }
        command
    }
}

/// Settings of uv from what `pip config list` prints: `global.index-url='…'`.
fn settings(listed: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in listed.lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let name = name.rsplit('.').next().unwrap_or(name);
        let value = value.trim_matches(['\'', '"']).replace("\\n", " ");
        let known = SETTINGS.iter().find(|(pip, _)| *pip == name);
        if let Some((_, uv)) = known {
            found.retain(|(name, _)| name != uv);
            found.push(((*uv).to_owned(), value.trim().to_owned()));
        }
    }
    found
}

/// The newest `upload-time` in a pylock.toml, which writes all of them in the same form.
fn last_upload(pylock: &str) -> Option<String> {
    let time = Regex::new(r"upload-time = ([0-9T:.-]+Z)").expect("the pattern is constant");
    let times = time.captures_iter(pylock).map(|found| found[1].to_owned());
    times.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_upload_of_a_release_counts() {
        let lock = "sdist = { url = \"x\", upload-time = 2026-06-19T11:34:56Z, size = 1 }\n\
                    wheels = [{ url = \"y\", upload-time = 2026-06-19T11:34:55Z }]\n";
        assert_eq!(last_upload(lock).as_deref(), Some("2026-06-19T11:34:56Z"));
        assert_eq!(last_upload("wheels = []"), None);
    }

    #[test]
    fn the_settings_of_pip_are_those_of_uv() {
        let listed = ":env:.cert='/certs.pem'\n:env:.default-timeout='180'\n\
                      global.index-url='https://index.example/simple'\n";
        let expected = [
            ("SSL_CERT_FILE", "/certs.pem"),
            ("UV_DEFAULT_INDEX", "https://index.example/simple"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(settings(listed), expected);
    }
}

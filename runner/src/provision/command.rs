//! Runs the programs that provisioning needs, so that none of them is left running.
//!
//! A child has a process group of its own, which is killed when the caller cancels, when the time limit is reached, and
//! when the waiting function unwinds. If there is `setpriv`, the kernel kills the child as soon as this process dies. A
//! process that escapes still holds the lock of the entry that it makes (as its standard input), so the next run waits
//! for it instead of working beside it.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read, Seek},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::{error::Error, progress::Monitor};

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How a program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The last line with text, of standard error or else of standard output.
    pub(crate) fn last_line(&self) -> String {
        let last = |text: &str| {
            text.lines()
                .map(str::trim)
                .rfind(|line| !line.is_empty())
                .map(str::to_owned)
        };
        last(&self.stderr)
            .or_else(|| last(&self.stdout))
            .unwrap_or_else(|| self.status.to_string())
    }
}

/// Makes a command that the kernel kills when this process dies.
pub(crate) fn guarded(program: impl AsRef<OsStr>) -> Command {
    static SETPRIV: OnceLock<Option<PathBuf>> = OnceLock::new();
    let setpriv = SETPRIV.get_or_init(|| {
        let path = which::which("setpriv").ok()?;
        let works = Command::new(&path)
            .args(["--pdeathsig", "KILL", "--", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        works.then_some(path)
    });
    match setpriv {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Runs `command` until it ends, or is killed at its limit or when the user cancels.
///
/// `holding` is the lock under which it works.
pub(crate) fn run(
    mut command: Command,
    step: &str,
    limit: Duration,
    holding: Option<&File>,
    monitor: &Monitor<'_>,
) -> Result<Output, Error> {
    let broken = |source: io::Error| Error::step(step, source.to_string());
    let (mut stdout, mut stderr) = (
        tempfile::tempfile().map_err(broken)?,
        tempfile::tempfile().map_err(broken)?,
    );
    command
        .stdin(match holding {
            Some(lock) => Stdio::from(lock.try_clone().map_err(broken)?),
            None => Stdio::null(),
        })
        .stdout(stdout.try_clone().map_err(broken)?)
        .stderr(stderr.try_clone().map_err(broken)?)
        .env("LC_ALL", "C.UTF-8")
        .process_group(0);
    let mut child = Group(command.spawn().map_err(|source| Error::Spawn {
        program: Path::new(command.get_program()).to_owned(),
        source,
    })?);
    let status = child.wait(step, limit, monitor)?;
    Ok(Output {
        status,
        stdout: read_back(&mut stdout).map_err(broken)?,
        stderr: read_back(&mut stderr).map_err(broken)?,
    })
}

fn read_back(file: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A child and its process group. Dropping it kills the group.
struct Group(Child);

impl Group {
    fn wait(
        &mut self,
        step: &str,
        limit: Duration,
        monitor: &Monitor<'_>,
    ) -> Result<ExitStatus, Error> {
        let begin = Instant::now();
        loop {
            let ended = self
                .0
                .try_wait()
                .map_err(|source| Error::step(step, source.to_string()))?;
            if let Some(status) = ended {
                return Ok(status);
            }
            if (monitor.cancelled)() {
                return Err(Error::Interrupted);
            }
            if begin.elapsed() > limit {
                return Err(Error::TimedOut {
                    step: step.to_owned(),
                    seconds: limit.as_secs(),
                });
            }
            thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // After reaping, the number may belong to another group.
        if let Ok(None) = self.0.try_wait()
            && let Ok(id) = i32::try_from(self.0.id())
        {
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
            let _ = self.0.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration, cancelled: bool) -> Result<Output, Error> {
        let mut command = guarded("sh");
        command.args(["-c", script]);
        run(
            command,
            "a test",
            limit,
            None,
            &Monitor {
                report: &mut |_| (),
                cancelled: &|| cancelled,
            },
        )
    }

    #[test]
    fn much_output_on_both_streams_is_kept_whole() {
        let script = "for i in $(seq 20000); do echo out; echo err >&2; done; exit 3";
        let output = shell(script, Duration::from_secs(60), false).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(output.stdout.lines().count(), 20_000);
        assert_eq!(output.last_line(), "err");
    }

    #[test]
    fn a_cancelled_command_ends_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark");
        let script = format!("(sleep 1; touch {}) & wait", mark.display());
        assert!(matches!(
            shell(&script, Duration::from_secs(60), true),
            Err(Error::Interrupted)
        ));
        thread::sleep(Duration::from_millis(1300));
        assert!(!mark.exists());
    }

    #[test]
    fn a_command_that_never_ends_is_ended() {
        let result = shell("sleep 60", Duration::from_millis(50), false);
        assert!(matches!(result, Err(Error::TimedOut { .. })));
    }
}

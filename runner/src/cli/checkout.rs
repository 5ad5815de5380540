//! Checks out revisions of a user's git repository in a temporary work tree.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{CliError, say};

/// The commits from one end to the other along first parents, oldest first: the hash, and a line to show for it.
pub(super) fn revisions(
    dir: &Path,
    good: &str,
    bad: &str,
) -> Result<Vec<(String, String)>, CliError> {
    let commit = |name: &str| {
        git(
            dir,
            &["rev-parse", "--verify", &format!("{name}^{{commit}}")],
        )
    };
    let (good, bad) = (commit(good)?, commit(bad)?);
    let is_ancestor = |a: &str, b: &str| git(dir, &["merge-base", "--is-ancestor", a, b]).is_ok();
    let (older, newer) = if is_ancestor(&good, &bad) {
        (good, bad)
    } else if is_ancestor(&bad, &good) {
        (bad, good)
    } else {
        return Err(CliError::Usage(format!(
            "neither of {good} and {bad} is an ancestor of the other: name two revisions of one branch"
        )));
    };
    let format = "--format=%H %h %as %s";
    let first = git(dir, &["log", "-1", format, &older])?;
    let range = format!("{older}..{newer}");
    let later = git(dir, &["log", "--first-parent", "--reverse", format, &range])?;
    let commit = |line: &str| {
        let (name, shown) = line.split_once(' ').unwrap_or((line, line));
        (name.to_owned(), shown.to_owned())
    };
    Ok(first.lines().chain(later.lines()).map(commit).collect())
}

/// Runs git in a checkout, and returns its output without the space around it.
pub(super) fn git(dir: &Path, arguments: &[&str]) -> Result<String, CliError> {
    let failed = |why: &str| {
        let (what, dir) = (arguments.join(" "), dir.display());
        CliError::Usage(format!("`git -C {dir} {what}` failed: {why}"))
    };
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(&e.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// A work tree of the repository in a temporary directory, so that the user's own is not changed.
pub(super) struct Checkout {
    repository: PathBuf,
    dir: tempfile::TempDir,
}

impl Checkout {
    pub(super) fn of(repository: &Path, revision: &str) -> Result<Self, CliError> {
        let dir = tempfile::tempdir()
            .map_err(|e| CliError::Usage(format!("cannot make a temporary directory: {e}")))?;
        let checkout = Self {
            repository: repository.to_owned(),
            dir,
        };
        let tree = checkout.tree().display().to_string();
        git(
            repository,
            &["worktree", "add", "--quiet", "--detach", &tree, revision],
        )?;
        Ok(checkout)
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.dir.path().join("tree")
    }

    pub(super) fn turn_to(&self, revision: &str) -> Result<(), CliError> {
        let tree = self.tree();
        git(
            &tree,
            &["checkout", "--quiet", "--force", "--detach", revision],
        )?;
        git(&tree, &["clean", "--quiet", "-dffx"]).map(drop)
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let tree = self.tree().display().to_string();
        let removed = git(&self.repository, &["worktree", "remove", "--force", &tree]);
        if let Err(error) = removed {
            say(&error.to_string());
        }
    }
}

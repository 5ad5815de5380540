//! The version of a git checkout.

use std::path::Path;
use std::process::Command;
use std::str::FromStr as _;

use pep440_rs::Version;

use super::command::guarded;
use super::error::Error;

/// The version that a checkout reports with its commit; the last release before it, where it reports none, as Portage's
/// do: what a package manager supports depends on its version.
pub(super) fn version(
    reported: String,
    dir: &Path,
    ask: impl Fn(Command) -> Result<Option<String>, Error>,
) -> Result<String, Error> {
    let Ok(git) = which::which("git") else {
        return Ok(reported);
    };
    let describe = |arguments: &[&str]| {
        let mut command = guarded(&git);
        command.arg("-C").arg(dir).arg("describe").args(arguments);
        ask(command)
    };
    let mut version = reported;
    if Version::from_str(&version).is_err() {
        let tag = describe(&["--tags", "--abbrev=0"])?;
        version = tag.and_then(|tag| release(&tag)).unwrap_or(version);
    }
    let commit = describe(&["--always", "--dirty", "--exclude", "*"])?;
    Ok(match commit {
        Some(commit) => with_commit(&version, commit.trim()),
        None => version,
    })
}

/// The release that a tag such as `portage-3.0.69` or `v0.12.48` names.
fn release(tag: &str) -> Option<String> {
    let digits = tag.find(|c: char| c.is_ascii_digit())?;
    let release = tag[digits..].trim();
    Version::from_str(release).ok()?;
    Some(release.to_owned())
}

/// Adds the commit to a version: `3.0.83` becomes `3.0.83+gabc`. A version that contains the commit is not changed.
fn with_commit(version: &str, commit: &str) -> String {
    let hash = commit.trim_end_matches("-dirty");
    match (
        version.contains(hash),
        commit.ends_with("-dirty") && !version.contains("dirty"),
    ) {
        (true, false) => version.to_owned(),
        (true, true) => format!("{version}-dirty"),
        (false, _) => format!("{version}+g{commit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_a_release() {
        assert_eq!(release("portage-3.0.69\n"), Some("3.0.69".to_owned()));
        assert_eq!(release("v0.12.48"), Some("0.12.48".to_owned()));
        assert_eq!(release("before-the-change"), None);
        assert_eq!(release("on-2024-day"), None);
    }

    #[test]
    fn a_checkouts_version_names_its_commit_once() {
        assert_eq!(with_commit("3.0.83", "1a2b3c4"), "3.0.83+g1a2b3c4");
        assert_eq!(
            with_commit("3.0.83", "1a2b3c4-dirty"),
            "3.0.83+g1a2b3c4-dirty"
        );
        assert_eq!(
            with_commit("3.0.83-5-g1a2b3c4", "1a2b3c4"),
            "3.0.83-5-g1a2b3c4"
        );
        assert_eq!(
            with_commit("3.0.83-5-g1a2b3c4", "1a2b3c4-dirty"),
            "3.0.83-5-g1a2b3c4-dirty"
        );
    }
}

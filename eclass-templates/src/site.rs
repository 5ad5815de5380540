//! A site: repositories, distfiles and files of the root as one tree, which several builds can share.

use std::collections::BTreeMap;

use pmsts_testcases::Value;
use pmsts_testcases::model::{Content, ContentKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The directory of the repositories in a testbed.
pub const REPOSITORIES: &str = "/var/db/repos";
/// The directory of the distfiles in a testbed.
pub const DISTFILES: &str = "/var/cache/distfiles";
/// The name of the main repository.
pub const REPOSITORY: &str = "pmsts";
/// The profile, below `profiles/`, of builds that add nothing to it.
pub(crate) const PROFILE: &str = "default";
/// The profile that contains the additions of a build to the default one.
pub(crate) const OWN_PROFILE: &str = "own";

/// Files by absolute path in the testbed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Site {
    /// The files by path, parents before children.
    pub files: BTreeMap<String, Content>,
    /// The names of the repositories, the main one first.
    pub repositories: Vec<String>,
    /// The answers of the testbed's server, by path; without any there is no server.
    pub served: BTreeMap<String, Answer>,
    /// The profile to select, below `profiles/` of the main repository.
    pub profile: String,
}

/// An answer of the testbed's server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The bytes that are sent.
    pub body: Value,
}

/// Two builds with different files at one path, which therefore cannot share a site.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two builds have different files at `{0}`")]
pub struct Conflict(pub String);

impl Site {
    /// Adds the files of another site.
    ///
    /// # Errors
    /// The path at which the sites differ. The site is unchanged then.
    pub fn add(&mut self, other: &Self) -> Result<(), Conflict> {
        let conflict = other
            .files
            .iter()
            .find(|(path, content)| self.files.get(*path).is_some_and(|mine| mine != *content));
        if let Some((path, _)) = conflict {
            return Err(Conflict(path.clone()));
        }
        if self.profile != other.profile {
            return Err(Conflict("the selected profile".to_owned()));
        }
        self.files
            .extend(other.files.iter().map(|(p, c)| (p.clone(), c.clone())));
        self.served
            .extend(other.served.iter().map(|(p, a)| (p.clone(), a.clone())));
        for name in &other.repositories {
            if !self.repositories.contains(name) {
                self.repositories.push(name.clone());
            }
        }
        Ok(())
    }

    /// All files, among them `profiles/categories` of the main repository, which lists every category
    /// with a package unless a build has its own.
    pub fn complete(&self) -> BTreeMap<String, Content> {
        let mut files = self.files.clone();
        let prefix = format!("{REPOSITORIES}/{REPOSITORY}/");
        let mut categories: Vec<&str> = self
            .files
            .keys()
            .filter(|path| path.ends_with(".ebuild"))
            .filter_map(|path| path.strip_prefix(&prefix)?.split('/').next())
            .collect();
        categories.dedup();
        let text = categories
            .iter()
            .map(|c| format!("{c}\n"))
            .collect::<String>();
        files
            .entry(format!("{prefix}profiles/categories"))
            .or_insert_with(|| file(text));
        files
    }

    /// The files that another site (the skeleton) does not have, as text for reports.
    pub fn beyond(&self, other: &Self) -> BTreeMap<String, String> {
        let own = self
            .files
            .iter()
            .filter(|(path, content)| other.files.get(*path) != Some(content));
        own.map(|(path, content)| {
            let text = match &content.kind {
                ContentKind::File(value) if value.0.contains(&0) => {
                    format!("({} bytes)", value.0.len())
                }
                ContentKind::File(value) => value.text().into_owned(),
                ContentKind::Symlink(target) => format!("(link to {target})"),
                ContentKind::Directory => "(directory)".to_owned(),
                ContentKind::Absent => "(left out)".to_owned(),
            };
            (path.clone(), text)
        })
        .collect()
    }

    /// A checksum of everything that a package manager is given: the files, and its requests (`asked`).
    pub fn checksum(&self, asked: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(asked.as_bytes());
        hash.update(format!("{:?}", self.repositories));
        hash.update(&self.profile);
        for (path, answer) in &self.served {
            hash.update(format!("{path} {} ", answer.status));
            hash.update(&answer.body.0);
        }
        for (path, content) in &self.files {
            hash.update(path.as_bytes());
            hash.update([0]);
            hash.update(format!(
                "{:?} {:?} {:?}",
                content.mode, content.owner, content.mtime
            ));
            match &content.kind {
                ContentKind::File(value) => hash.update(&value.0),
                other => hash.update(format!("{other:?}")),
            }
            hash.update([0]);
        }
        hash.finalize()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Puts a file, replacing an earlier one.
    pub(crate) fn put(&mut self, path: String, content: Content) {
        self.files.insert(path, content);
    }

    /// Puts a text file if the path is free.
    pub(crate) fn put_default(&mut self, path: String, text: impl Into<String>) {
        self.files.entry(path).or_insert_with(|| file(text));
    }
}

/// A plain text file.
pub(crate) fn file(text: impl Into<String>) -> Content {
    Content {
        kind: ContentKind::File(text.into().into()),
        ..Content::default()
    }
}

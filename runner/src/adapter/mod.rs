//! Adapters: how one package manager is configured and driven, as data. A new package manager is a
//! new adapter file; nothing else knows a package manager by name.
//!
//! Every text in an adapter is a handlebars template over [`Context`].
//!
//! | key | is |
//! | --- | --- |
//! | `name` | the package manager |
//! | `eapis` | the EAPIs it claims, by release: `[[eapis]]` with `releases = ">=3.0.76"` and `set = "0-9"` |
//! | `vdb` | directory of the installed packages, `CATEGORY/PF` below it |
//! | `metadata-cache` | directory of the md5-dict entries after `metadata`, `CATEGORY/PF` below it |
//! | `[user]` | the build user: `name`, `uid`, `gid`, `home` |
//! | `[[hidden]]` | `path` to hide in the testbed, and `reason`, which every report shows |
//! | `[[directory]]` | `path` to make, with `mode` and `owned` by the build user or not |
//! | `[[link]]` | `path` and `target` of a symbolic link |
//! | `[[file]]` | `path` and `text` of a configuration file |
//! | `[env]` | the whole environment of its commands |
//! | `[operation.NAME]` | `argv`, in which the element `{{targets}}` stands for all targets; `success`: exit statuses, `[0]` unless given; `one-by-one`: whether it takes one target a call |
//! | `[lacks]` | operations that it does not have, with the reason |
//! | `notes` | what a reader of results must know, a sentence each |

mod context;
mod render;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use miette::{Diagnostic, NamedSource, SourceSpan};
use pep440_rs::{Version, VersionSpecifiers};
use pmsts_testcases::EapiSet;
use pmsts_testcases::model::Operation;
use serde::Deserialize;

pub use context::{Context, Repository};
pub use render::{CommandLine, RenderError, Setup};

/// The adapters that are part of this program.
const EMBEDDED: [(&str, &str); 3] = [
    ("portage.toml", include_str!("../../adapters/portage.toml")),
    ("pkgcore.toml", include_str!("../../adapters/pkgcore.toml")),
    ("paludis.toml", include_str!("../../adapters/paludis.toml")),
];

/// How one package manager is configured and driven.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adapter {
    /// The package manager.
    pub name: String,
    /// The EAPIs it claims, by release; the first fitting rule counts.
    pub eapis: Vec<EapiRule>,
    vdb: String,
    metadata_cache: String,
    user: Option<UserEntry>,
    #[serde(default)]
    hidden: Vec<Hidden>,
    #[serde(default)]
    directory: Vec<Directory>,
    #[serde(default)]
    link: Vec<Link>,
    #[serde(default)]
    file: Vec<FileEntry>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    operation: IndexMap<Operation, OperationEntry>,
    #[serde(default)]
    lacks: IndexMap<Operation, String>,
    #[serde(default)]
    notes: Vec<String>,
}

/// The EAPIs that some releases claim.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EapiRule {
    /// The releases; all, when not given.
    #[serde(default)]
    pub releases: VersionSpecifiers,
    /// The EAPIs.
    pub set: EapiSet,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEntry {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hidden {
    path: String,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Directory {
    path: String,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    owned: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    path: String,
    target: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    path: String,
    text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OperationEntry {
    argv: Vec<String>,
    #[serde(default = "zero")]
    success: Vec<i32>,
    #[serde(default)]
    one_by_one: bool,
}

fn zero() -> Vec<i32> {
    vec![0]
}

/// An adapter that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// No adapter of that name is part of this program.
    #[error("there is no adapter `{0}`; known are {known}", known = names().join(", "))]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read the adapter `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is wrong.
    #[error("{place}: {message}")]
    Fault {
        /// `FILE:LINE:COLUMN`.
        place: String,
        /// What is wrong.
        message: String,
        /// The file.
        text: Box<NamedSource<String>>,
        /// Where.
        span: SourceSpan,
    },
    /// A template of it is wrong.
    #[error("adapter `{adapter}`: {source}")]
    Template {
        /// The adapter.
        adapter: String,
        /// What is wrong.
        source: RenderError,
    },
}

impl Diagnostic for AdapterError {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        match self {
            Self::Fault { text, .. } => Some(&**text),
            _ => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        match self {
            Self::Fault { span, .. } => Some(Box::new(std::iter::once(
                miette::LabeledSpan::new_with_span(None, *span),
            ))),
            _ => None,
        }
    }
}

/// Names of the adapters that are part of this program.
pub fn names() -> Vec<&'static str> {
    EMBEDDED
        .iter()
        .map(|(file, _)| file.trim_end_matches(".toml"))
        .collect()
}

impl Adapter {
    /// The adapter of a package manager that is part of this program.
    pub fn embedded(name: &str) -> Result<Self, AdapterError> {
        let (file, text) = EMBEDDED
            .iter()
            .find(|(file, _)| file.trim_end_matches(".toml") == name)
            .ok_or_else(|| AdapterError::Unknown(name.to_owned()))?;
        Self::parse(file, text)
    }

    /// An adapter of the user's own.
    pub fn load(path: &Path) -> Result<Self, AdapterError> {
        let text = std::fs::read_to_string(path).map_err(|source| AdapterError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads an adapter and tries its templates.
    fn parse(file: &str, text: &str) -> Result<Self, AdapterError> {
        let adapter: Self = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let before = &text[..span.start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            AdapterError::Fault {
                place: format!("{file}:{line}:{column}"),
                message: error.message().to_owned(),
                text: Box::new(NamedSource::new(file, text.to_owned())),
                span: span.into(),
            }
        })?;
        adapter.try_templates()?;
        Ok(adapter)
    }

    /// Renders everything once, so that a bad template shows when the adapter is loaded.
    fn try_templates(&self) -> Result<(), AdapterError> {
        let context = Context::example();
        let targets = ["=cat/pkg-1".to_owned()];
        let failed = |source| AdapterError::Template {
            adapter: self.name.clone(),
            source,
        };
        self.setup(&context).map_err(failed)?;
        for operation in self.operation.keys() {
            self.command(*operation, &targets, &context)
                .map_err(failed)?;
        }
        Ok(())
    }

    /// The EAPIs that a release claims.
    pub fn claims(&self, version: &str) -> EapiSet {
        let version: Option<Version> = version.parse().ok();
        self.eapis
            .iter()
            .find(|rule| version.as_ref().is_none_or(|v| rule.releases.contains(v)))
            .map_or_else(EapiSet::default, |rule| rule.set)
    }

    /// Why an operation cannot be asked for; none where it can.
    pub fn lacks(&self, operation: Operation) -> Option<String> {
        if self
            .operation
            .contains_key(&canonical(operation, &self.operation))
        {
            return None;
        }
        let reason = self
            .lacks
            .get(&operation)
            .map_or("its adapter has no such operation", |r| r);
        Some(format!(
            "{} cannot {}: {reason}",
            self.name,
            operation.word()
        ))
    }

    /// Whether the operation takes one target a call.
    pub fn one_by_one(&self, operation: Operation) -> bool {
        let operation = canonical(operation, &self.operation);
        self.operation
            .get(&operation)
            .is_some_and(|entry| entry.one_by_one)
    }

    /// Whether an exit status means that the request was fulfilled.
    pub fn succeeded(&self, operation: Operation, status: i32) -> bool {
        let operation = canonical(operation, &self.operation);
        self.operation
            .get(&operation)
            .is_some_and(|entry| entry.success.contains(&status))
    }
}

/// Every merge is an `install` unless the adapter has a command of its own for it.
fn canonical(operation: Operation, entries: &IndexMap<Operation, OperationEntry>) -> Operation {
    if operation.merges() && !entries.contains_key(&operation) {
        Operation::Install
    } else {
        operation
    }
}

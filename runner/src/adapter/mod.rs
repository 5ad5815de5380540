//! Adapters: data that describes how to configure and drive a package manager. A new package manager needs a new
//! adapter file; no other part of pmsts knows a package manager by name.
//!
//! Every text in an adapter is a handlebars template over [`Context`].
//!
//! | key | meaning |
//! | --- | --- |
//! | `name` | the package manager |
//! | `eapis` | EAPIs that it claims, by release: `[[eapis]]` with `releases = ">=3.0.76"` and `set = "0-9"` |
//! | `vdb` | directory of the installed packages, `CATEGORY/PF` below it |
//! | `metadata-cache` | directory of the md5-dict entries after `metadata`, `CATEGORY/PF` below it |
//! | `[user]` | the build user: `name`, `uid`, `gid`, `home` |
//! | `death-ends-call` | whether the death of one build ends the call for all builds that share it; then builds that must die get a call of their own |
//! | `[[hidden]]` | `path` to hide in the testbed, and `reason`, which every report shows |
//! | `hidden-programs` | programs that it uses if they are installed: testbeds do not show them, so that verdicts do not depend on the machine |
//! | `[sandbox]` | `program` that confines builds; it is hidden unless `--sandbox` is given, then `{{sandbox}}` holds; notes for readers: `on`, `off` |
//! | `[[directory]]` | `path` to make, with `mode`, and `owned` by the build user or not |
//! | `[[link]]` | `path` and `target` of a symbolic link |
//! | `[[file]]` | `path` and `text` of a configuration file; with `each = "repositories"` there is one for each repository, which is `{{repository.name}}` and `{{repository.location}}` |
//! | `[env]` | the whole environment of its commands |
//! | `[operation.NAME]` | `argv`, in which the element `{{packages}}` stands for all packages; `success`: exit statuses of success, `[0]` unless given; `one-by-one`: whether a call takes one package only |
//! | `[prefix]` | `below`: directories whose files are below the offset prefix, where a case sets one (`{{config.prefix}}`) |
//! | `[lacks]` | operations that it does not support, each with the reason |
//! | `[lacks-config]` | `root`, `sysroot` or `prefix`, if it cannot be set, with the reason |
//! | `find` | for a package manager that is not built in: `program`, and `version.program.arguments`, with which it prints a first line that ends with the version |
//! | `notes` | notes for readers of results, one sentence each |

mod context;
mod error;
mod render;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use indexmap::IndexMap;
use pep440_rs::{Version, VersionSpecifiers};
use pmsts_testcases::EapiSet;
use pmsts_testcases::model::{Config, Operation};
use serde::Deserialize;

use crate::provision::Recipe;

pub use context::{Context, Repository};
pub use error::AdapterError;
pub use render::{CommandLine, RenderError, Setup};
pub(crate) use render::{PROGRAM_DIRS, places_of};

/// A handlebars template, with its position in the adapter's file.
type Template = toml::Spanned<String>;

/// The built-in adapters.
const EMBEDDED: [(&str, &str); 4] = [
    ("portage.toml", include_str!("../../adapters/portage.toml")),
    ("pkgcore.toml", include_str!("../../adapters/pkgcore.toml")),
    ("paludis.toml", include_str!("../../adapters/paludis.toml")),
    (
        "pkgcraft.toml",
        include_str!("../../adapters/pkgcraft.toml"),
    ),
];

/// The element of a command that stands for all packages.
const PACKAGES: &str = "{{packages}}";

/// How to configure and drive one package manager.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Adapter {
    /// The package manager.
    pub name: String,
    /// The EAPIs that it claims to support, by release; the first rule that matches counts.
    pub eapis: Vec<EapiRule>,
    /// How to find its program, if provisioning does not know the package manager.
    pub find: Option<Recipe>,
    vdb: Template,
    metadata_cache: Template,
    user: Option<UserEntry>,
    #[serde(default)]
    death_ends_call: bool,
    #[serde(default)]
    hidden: Vec<Hidden>,
    #[serde(default)]
    hidden_programs: Vec<String>,
    sandbox: Option<SandboxEntry>,
    #[serde(default)]
    directory: Vec<Directory>,
    #[serde(default)]
    link: Vec<Link>,
    #[serde(default)]
    file: Vec<FileEntry>,
    #[serde(default)]
    env: BTreeMap<String, Template>,
    operation: IndexMap<Operation, OperationEntry>,
    #[serde(default)]
    prefix: PrefixEntry,
    #[serde(default)]
    lacks: IndexMap<Operation, String>,
    #[serde(default)]
    lacks_config: LacksConfig,
    #[serde(default)]
    notes: Vec<String>,
}

/// What is below the offset prefix, where a case sets one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrefixEntry {
    below: Vec<String>,
}

/// Settings that are not supported, each with the reason.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LacksConfig {
    root: Option<String>,
    sysroot: Option<String>,
    prefix: Option<String>,
}

/// The EAPIs that some releases claim to support.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EapiRule {
    /// The releases; all, if not given.
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
    path: Template,
    #[serde(default)]
    reason: Option<String>,
}

/// The program that confines builds, and the notes for readers of results.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SandboxEntry {
    program: String,
    on: String,
    off: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Directory {
    path: Template,
    #[serde(default)]
    mode: Option<u32>,
    #[serde(default)]
    owned: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    path: Template,
    target: Template,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    path: Template,
    text: Template,
    #[serde(default)]
    each: Option<Each>,
}

/// What there is one file for each of.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Each {
    Repositories,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OperationEntry {
    argv: Vec<Template>,
    #[serde(default = "zero")]
    success: Vec<i32>,
    #[serde(default)]
    one_by_one: bool,
}

fn zero() -> Vec<i32> {
    vec![0]
}

/// Names of the built-in adapters.
pub fn names() -> Vec<&'static str> {
    EMBEDDED
        .iter()
        .map(|(file, _)| file.trim_end_matches(".toml"))
        .collect()
}

impl Adapter {
    /// The built-in adapter of a package manager.
    pub fn embedded(name: &str) -> Result<Self, AdapterError> {
        let (file, text) = EMBEDDED
            .iter()
            .find(|(file, _)| file.trim_end_matches(".toml") == name)
            .ok_or_else(|| AdapterError::Unknown(name.to_owned()))?;
        Self::parse(file, text)
    }

    /// The text of an adapter to begin with, which explains every key.
    pub fn skeleton(name: &str) -> Result<String, AdapterError> {
        let text = include_str!("skeleton.toml").replace("@name@", name);
        Self::parse(&format!("{name}.toml"), &text)?;
        Ok(text)
    }

    /// Loads an adapter from a file.
    pub fn load(path: &Path) -> Result<Self, AdapterError> {
        let text = std::fs::read_to_string(path).map_err(|source| AdapterError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads an adapter and checks its templates.
    fn parse(file: &str, text: &str) -> Result<Self, AdapterError> {
        let adapter: Self = toml::from_str(text).map_err(|error| {
            AdapterError::fault(
                file,
                text,
                error.span().unwrap_or_default(),
                error.message(),
            )
        })?;
        adapter
            .check()
            .map_err(|(span, message)| AdapterError::fault(file, text, span, &message))?;
        adapter
            .try_templates()
            .map_err(|error| AdapterError::template(file, text, &error))?;
        Ok(adapter)
    }

    /// Checks what the types cannot express.
    fn check(&self) -> Result<(), (Range<usize>, String)> {
        for (operation, entry) in &self.operation {
            let takes_packages = *operation != Operation::Metadata;
            let has_packages = entry.argv.iter().any(|word| word.as_ref() == PACKAGES);
            if takes_packages && !has_packages {
                let message = format!(
                    "the command of `{}` has no element `{PACKAGES}`",
                    operation.word()
                );
                let span = entry.argv.first().map_or(0..0, toml::Spanned::span);
                return Err((span, message));
            }
        }
        Ok(())
    }

    /// Renders everything once, so that a bad template shows when the adapter is loaded.
    fn try_templates(&self) -> Result<(), RenderError> {
        let packages = ["=cat/pkg-1".to_owned()];
        for kind in ["registry", "path", "dir"] {
            let context = Context {
                kind: kind.to_owned(),
                ..Context::example()
            };
            self.setup(&context)?;
            for operation in self.operation.keys() {
                self.command(*operation, &packages, &context)?;
            }
        }
        Ok(())
    }

    /// The EAPIs that a release claims to support.
    pub fn claims(&self, version: &str) -> EapiSet {
        let version: Option<Version> = version.parse().ok();
        self.eapis
            .iter()
            .find(|rule| version.as_ref().is_none_or(|v| rule.releases.contains(v)))
            .map_or_else(EapiSet::default, |rule| rule.set)
    }

    /// The EAPIs that every release claims to support.
    pub fn all_eapis(&self) -> EapiSet {
        let sets = self.eapis.iter().map(|rule| rule.set);
        sets.reduce(EapiSet::and).unwrap_or_default()
    }

    /// Why an operation is not supported; `None` if it is.
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
            .map_or("its adapter does not define it", |r| r);
        Some(format!(
            "{} does not support the operation {}: {reason}",
            self.name,
            operation.word()
        ))
    }

    /// Why a configuration is not supported; `None` if it is.
    pub fn lacks_config(&self, config: &Config) -> Option<String> {
        let lacks = &self.lacks_config;
        let root = lacks.root.as_ref().filter(|_| config.root.is_some());
        let sysroot = lacks.sysroot.as_ref().filter(|_| config.sysroot.is_some());
        let prefix = lacks.prefix.as_ref().filter(|_| config.prefix.is_some());
        let reason = root.or(sysroot).or(prefix)?;
        Some(format!(
            "{} does not support this configuration: {reason}",
            self.name
        ))
    }

    /// Whether the death of one build ends the call for all builds that share it.
    pub fn death_ends_call(&self) -> bool {
        self.death_ends_call
    }

    /// Whether a call of the operation takes one package only.
    pub fn one_by_one(&self, operation: Operation) -> bool {
        let operation = canonical(operation, &self.operation);
        self.operation
            .get(&operation)
            .is_some_and(|entry| entry.one_by_one)
    }

    /// Whether an exit status means that the operation succeeded.
    pub fn succeeded(&self, operation: Operation, status: i32) -> bool {
        let operation = canonical(operation, &self.operation);
        self.operation
            .get(&operation)
            .is_some_and(|entry| entry.success.contains(&status))
    }
}

/// Every merge from source is an `install` unless the adapter has a command of its own for it.
fn canonical(operation: Operation, entries: &IndexMap<Operation, OperationEntry>) -> Operation {
    if operation.is_plain_merge() && !entries.contains_key(&operation) {
        Operation::Install
    } else {
        operation
    }
}

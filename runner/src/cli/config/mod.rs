//! `pmsts.toml`: default options of commands. Options that the command line does not set are added to it from the
//! file, so that one parser checks both, and a record holds the complete command line.

mod file;
mod show;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use miette::Diagnostic;
use pmsts_testcases::{LoadError, position};

use crate::provision::{Source, Spec};
use crate::verdicts::Rule;
use file::{File, Value};
pub(super) use show::{ConfigArgs, execute};

/// Name of the file in the working directory.
const NAME: &str = "pmsts.toml";

/// Commands that take options from the file, and which: all that they have (`None`), or these.
const COMMANDS: [(&[&str], Option<&[&str]>); 6] = [
    (&["run"], None),
    (&["sabotage"], Some(SETUP)),
    (&["probe"], Some(SETUP)),
    (&["list"], Some(&["eapi", "undefined", "cases-dir"])),
    (&["coverage"], Some(&["cases-dir"])),
    (&["ci", "matrix"], Some(&["pm", "adapter"])),
];

const SETUP: &[&str] = &[
    "pm",
    "bash",
    "testbed",
    "sandbox",
    "adapter",
    "jobs",
    "batch",
    "undefined",
    "cases-dir",
    "timeout",
    "timeout-per-build",
    "grace",
    "scratch",
    "processes",
    "output-limit",
    "network",
];

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(super) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A place in the file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wrong(Box<LoadError>),
    /// There is no such preset.
    #[error("there is no preset `{name}`: {known}")]
    Preset {
        /// The name.
        name: String,
        /// Which presets there are, or why there are none.
        known: String,
    },
}

/// An option that the file sets, and where.
#[derive(Debug, Clone)]
struct InForce {
    value: Value,
    /// `pmsts.toml:3:6`, after the preset's name if a preset sets it.
    from: String,
}

/// The options of the file and the preset together.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// The file; `None` if there is none.
    path: Option<PathBuf>,
    targets: BTreeMap<String, String>,
    options: BTreeMap<&'static str, InForce>,
}

impl Config {
    /// Reads the file at `path`, else the one in the working directory if it exists.
    pub(super) fn find(path: Option<&Path>, preset: Option<&str>) -> Result<Self, ConfigError> {
        let found = path.unwrap_or(Path::new(NAME));
        match std::fs::read_to_string(found) {
            Ok(text) => Self::read(found, &text, preset),
            Err(source) if path.is_none() && source.kind() == std::io::ErrorKind::NotFound => {
                preset.map_or(Ok(Self::default()), |name| {
                    let known = format!("there is no {NAME} here; name one with --config FILE");
                    let name = name.to_owned();
                    Err(ConfigError::Preset { name, known })
                })
            }
            Err(source) => Err(ConfigError::Read {
                path: found.to_owned(),
                source,
            }),
        }
    }

    fn read(path: &Path, text: &str, preset: Option<&str>) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            wrong(path, text, at, error.message())
        })?;
        let from_preset = match preset {
            Some(name) => Some(file.preset.get(name).ok_or_else(|| {
                let known: Vec<&str> = file.preset.keys().map(String::as_str).collect();
                ConfigError::Preset {
                    name: name.to_owned(),
                    known: format!("{} has {}", path.display(), known.join(", ")),
                }
            })?),
            None => None,
        };
        let dir = path.parent().unwrap_or(Path::new(""));
        let mut config = Self {
            path: Some(path.to_owned()),
            ..Self::default()
        };
        for (name, spec) in &file.targets {
            let alone = matches!(name.parse::<Spec>(), Ok(spec) if spec.source == Source::Path);
            if !alone {
                let message =
                    format!("`{name}` is no name for a target: use a-z, 0-9 and -, a letter first");
                return Err(wrong(path, text, spec.span().start, &message));
            }
            let spec = from(dir, &spec.get_ref().0);
            config.targets.insert(name.clone(), spec);
        }
        config.stores(path, text, &file)?;
        let preset = preset.map_or(String::new(), |name| format!("preset {name}, "));
        for (settings, of) in [(Some(&file.defaults), ""), (from_preset, preset.as_str())] {
            for (name, value, at) in settings.into_iter().flat_map(file::Settings::list) {
                let (line, column) = position(text, at);
                let from = format!("{of}{}:{line}:{column}", path.display());
                let value = config.resolved(dir, name, value);
                config.options.insert(name, InForce { value, from });
            }
        }
        Ok(config)
    }

    /// Takes the stores of the file, as values of `--store`.
    fn stores(&mut self, path: &Path, text: &str, file: &File) -> Result<(), ConfigError> {
        let mut rules = Vec::new();
        for entry in &file.store {
            let rule = entry.get_ref().argument();
            if let Err(error) = rule.parse::<Rule>() {
                return Err(wrong(path, text, entry.span().start, &error));
            }
            rules.push(rule);
        }
        if let Some(first) = file.store.first() {
            let (line, column) = position(text, first.span().start);
            let from = format!("{}:{line}:{column}", path.display());
            let value = Value::Each(rules);
            self.options.insert("store", InForce { value, from });
        }
        Ok(())
    }

    /// The value, with names of targets replaced by specifications, and paths resolved against `dir`.
    fn resolved(&self, dir: &Path, name: &str, value: Value) -> Value {
        match value {
            Value::Paths(paths) => {
                // `ledger = ["none"]` names no file.
                let is_word = |path: &Path| name == "ledger" && path == Path::new("none");
                let beside = |path: &PathBuf| {
                    if is_word(path) {
                        path.clone()
                    } else {
                        dir.join(path)
                    }
                };
                Value::Paths(paths.iter().map(beside).collect())
            }
            Value::Each(pms) if name == "pm" => {
                let spec = |pm: &String| {
                    self.targets
                        .get(pm)
                        .cloned()
                        .unwrap_or_else(|| from(dir, pm))
                };
                Value::Each(pms.iter().map(spec).collect())
            }
            other => other,
        }
    }

    /// The command line, plus the options that only the file sets. `matches` is the command line as typed.
    pub(super) fn apply(
        &self,
        arguments: &[OsString],
        program: &Command,
        matches: &ArgMatches,
    ) -> Vec<OsString> {
        let mut out = self.named(arguments);
        for (words, heard) in COMMANDS {
            let Some((command, typed)) = descend(program, matches, words) else {
                continue;
            };
            let mut at = 0;
            for word in words {
                at += out[at..].iter().position(|a| a == word).unwrap_or(0) + 1;
            }
            let heard = |name: &str| heard.is_none_or(|heard| heard.contains(&name));
            for (name, option) in self.options.iter().filter(|(name, _)| heard(name)) {
                let id = name.replace('-', "_");
                let has = command
                    .get_arguments()
                    .any(|arg| arg.get_id() == id.as_str());
                if has && typed.value_source(&id) != Some(ValueSource::CommandLine) {
                    let added = option.value.arguments(name);
                    out.splice(at..at, added);
                }
            }
        }
        out
    }

    /// The command line, with names of targets replaced by their specifications.
    fn named(&self, arguments: &[OsString]) -> Vec<OsString> {
        let spec = |name: &str| self.targets.get(name);
        let mut previous = None;
        let replaced = arguments.iter().map(|argument| {
            let word = argument.to_str().unwrap_or_default();
            let own = match word.strip_prefix("--pm=") {
                Some(name) => spec(name).map(|spec| format!("--pm={spec}")),
                None if previous == Some("--pm") => spec(word).cloned(),
                None => None,
            };
            previous = argument.to_str();
            own.map_or_else(|| argument.clone(), OsString::from)
        });
        replaced.collect()
    }
}

impl Value {
    /// The option as command-line arguments.
    fn arguments(&self, name: &str) -> Vec<OsString> {
        let typed = |value: &std::ffi::OsStr| {
            let mut argument = OsString::from(format!("--{name}="));
            argument.push(value);
            argument
        };
        match self {
            Self::Each(values) => values.iter().map(|v| typed(v.as_ref())).collect(),
            Self::Paths(paths) => paths.iter().map(|path| typed(path.as_os_str())).collect(),
            Self::Flag(true) => vec![format!("--{name}").into()],
            Self::Flag(false) => Vec::new(),
        }
    }
}

/// The subcommand with these names and its matches, if that is the command typed.
fn descend<'a>(
    program: &'a Command,
    matches: &'a ArgMatches,
    words: &[&str],
) -> Option<(&'a Command, &'a ArgMatches)> {
    words
        .iter()
        .try_fold((program, matches), |(command, typed), word| {
            Some((
                command.find_subcommand(word)?,
                typed.subcommand_matches(word)?,
            ))
        })
}

/// A specification whose relative directory is resolved against that of the file.
fn from(dir: &Path, text: &str) -> String {
    match text.parse::<Spec>() {
        Ok(Spec {
            pm,
            source: Source::Dir(path),
        }) => format!("{pm}:{}", dir.join(path).display()),
        _ => text.to_owned(),
    }
}

fn wrong(path: &Path, text: &str, at: usize, message: &str) -> ConfigError {
    let file = path.display().to_string();
    ConfigError::Wrong(Box::new(LoadError::new(&file, text, at..at, message)))
}

#[cfg(test)]
mod tests;

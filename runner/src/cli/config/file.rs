//! Reads `pmsts.toml`. Each value keeps its text, for the command line, and its position, for messages.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;

use pmsts_testcases::{EapiChoice, Partition};
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::provision::{Spec, bash};
use crate::testbed;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Names that `--pm` accepts, and the package manager that each stands for.
    #[serde(default)]
    pub(super) targets: BTreeMap<String, Spanned<Text<Spec>>>,
    /// Stores of others, as `--store`.
    #[serde(default)]
    pub(super) store: Vec<Spanned<StoreEntry>>,
    /// Options that hold unless the preset sets them.
    #[serde(default)]
    pub(super) defaults: Settings,
    /// The options of each preset; `--preset NAME` adds them.
    #[serde(default)]
    pub(super) preset: BTreeMap<String, Settings>,
}

/// A store of others: an entry `[[store]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreEntry {
    url: String,
    cases: Option<String>,
    mode: Option<String>,
    token: Option<String>,
}

impl StoreEntry {
    /// The value of `--store` that says the same.
    pub(super) fn argument(&self) -> String {
        let options = [
            ("cases", &self.cases),
            ("mode", &self.mode),
            ("token", &self.token),
        ];
        let set = options.into_iter();
        let set = set.filter_map(|(name, value)| Some(format!(",{name}={}", value.as_ref()?)));
        self.url.clone() + &set.collect::<String>()
    }
}

/// A value that parses as a `T`, kept as its text.
#[derive(Debug, Clone)]
pub(super) struct Text<T>(pub(super) String, PhantomData<T>);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<T>() {
            Ok(_) => Ok(Self(text, PhantomData)),
            Err(error) => Err(de::Error::custom(error)),
        }
    }
}

/// A value of `--pm`: the name of a target, or a specification.
type Pm = Spanned<Text<Spec>>;

/// The values of `--format`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Human,
    Json,
}

/// Options, by their names on the command line.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Settings {
    pub(super) pm: Option<Spanned<Vec<Pm>>>,
    bash: Option<Spanned<Text<bash::Choice>>>,
    testbed: Option<Spanned<Text<testbed::Choice>>>,
    sandbox: Option<Spanned<bool>>,
    adapter: Option<Spanned<Vec<PathBuf>>>,
    jobs: Option<Spanned<u16>>,
    batch: Option<Spanned<u16>>,
    eapi: Option<Spanned<Text<EapiChoice>>>,
    partition: Option<Spanned<Text<Partition>>>,
    undefined: Option<Spanned<bool>>,
    cases_dir: Option<Spanned<PathBuf>>,
    output: Option<Spanned<PathBuf>>,
    format: Option<Spanned<Format>>,
    ledger: Option<Spanned<Vec<PathBuf>>>,
    retries: Option<Spanned<u32>>,
    flaky_fails: Option<Spanned<bool>>,
    cache: Option<Spanned<bool>>,
    store_required: Option<Spanned<bool>>,
    #[serde(default)]
    limits: Limits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Limits {
    timeout: Option<Spanned<u64>>,
    timeout_per_build: Option<Spanned<u64>>,
    grace: Option<Spanned<u64>>,
    scratch: Option<Spanned<u64>>,
    processes: Option<Spanned<u32>>,
    output_limit: Option<Spanned<u64>>,
    network: Option<Spanned<bool>>,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// The option is given once with each of these.
    Each(Vec<String>),
    /// The option takes no value: it is given, or not.
    Flag(bool),
    /// Like `Each`, but paths relative to the directory of the file.
    Paths(Vec<PathBuf>),
}

/// An option: its name, its value, and its position in the file, in bytes.
pub(super) type Setting = (&'static str, Value, usize);

impl Settings {
    /// All options that are set. Names of targets are not resolved yet.
    pub(super) fn list(&self) -> Vec<Setting> {
        let limits = &self.limits;
        let each = |pms: &Vec<Pm>| {
            let words = pms.iter().map(|pm| pm.get_ref().0.clone());
            Value::Each(words.collect())
        };
        [
            setting("pm", self.pm.as_ref(), each),
            setting("bash", self.bash.as_ref(), word),
            setting("testbed", self.testbed.as_ref(), word),
            setting("sandbox", self.sandbox.as_ref(), flag),
            setting("adapter", self.adapter.as_ref(), paths),
            setting("jobs", self.jobs.as_ref(), number),
            setting("batch", self.batch.as_ref(), number),
            setting("eapi", self.eapi.as_ref(), word),
            setting("partition", self.partition.as_ref(), word),
            setting("undefined", self.undefined.as_ref(), flag),
            setting("cases-dir", self.cases_dir.as_ref(), path),
            setting("output", self.output.as_ref(), path),
            setting("format", self.format.as_ref(), |format| {
                number(&format!("{format:?}").to_lowercase())
            }),
            setting("ledger", self.ledger.as_ref(), paths),
            setting("retries", self.retries.as_ref(), number),
            setting("flaky-fails", self.flaky_fails.as_ref(), flag),
            setting("cache", self.cache.as_ref(), flag),
            setting("store-required", self.store_required.as_ref(), flag),
            setting("timeout", limits.timeout.as_ref(), number),
            setting(
                "timeout-per-build",
                limits.timeout_per_build.as_ref(),
                number,
            ),
            setting("grace", limits.grace.as_ref(), number),
            setting("scratch", limits.scratch.as_ref(), number),
            setting("processes", limits.processes.as_ref(), number),
            setting("output-limit", limits.output_limit.as_ref(), number),
            setting("network", limits.network.as_ref(), flag),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn setting<T>(
    name: &'static str,
    given: Option<&Spanned<T>>,
    value: impl Fn(&T) -> Value,
) -> Option<Setting> {
    given.map(|given| (name, value(given.get_ref()), given.span().start))
}

fn word<T>(text: &Text<T>) -> Value {
    Value::Each(vec![text.0.clone()])
}

fn number(number: &impl ToString) -> Value {
    Value::Each(vec![number.to_string()])
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "`setting` calls it with a reference"
)]
fn flag(flag: &bool) -> Value {
    Value::Flag(*flag)
}

#[expect(clippy::ptr_arg, reason = "`setting` calls it with a reference")]
fn path(path: &PathBuf) -> Value {
    Value::Paths(vec![path.clone()])
}

#[expect(clippy::ptr_arg, reason = "`setting` calls it with a reference")]
fn paths(paths: &Vec<PathBuf>) -> Value {
    Value::Paths(paths.clone())
}

//! Installs a user's ebuild on several package managers, and shows what it observes on each. Nothing is judged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use indexmap::{IndexMap, IndexSet};
use pmsts_testcases::model::{Build, Content, ContentKind, Ebuild, MAIN, Operation, PHASES, Step};
use pmsts_testcases::{Eapi, Expanded, Observed, Said, StepEnd, Suite, Value};
use regex::Regex;
use serde::Serialize;

use crate::record::events::Sink;
use crate::record::observations::Observations;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::run::pass;
use crate::run::prepared::Prepared;
use crate::run::session::Session;
use crate::trials::unjudged::unjudged;

const NAME: &str = "probe";

/// Name and version of an ebuild file (PMS: names, version specifications).
static FILE_NAME: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^([A-Za-z0-9_][A-Za-z0-9+_-]*)-(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?)\.ebuild$";
    Regex::new(pattern).expect("the pattern is constant")
});

/// The line that sets the EAPI (PMS: the EAPI of an ebuild).
static EAPI_LINE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"^[ \t]*EAPI=(['"]?)([A-Za-z0-9+_.-]*)['"]?[ \t]*(?:[ \t]#.*)?$"#;
    Regex::new(pattern).expect("the pattern is constant")
});

/// An ebuild that cannot be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The name is not an ebuild's.
    #[error("`{0}` is not the name of an ebuild: name it NAME-VERSION.ebuild")]
    Name(String),
    /// The PMS does not define the EAPI.
    #[error("`{path}`: unknown EAPI `{eapi}`: the PMS defines 0 to {last}", last = Eapi::LATEST)]
    Eapi {
        /// The file.
        path: PathBuf,
        /// The EAPI that the file sets.
        eapi: String,
    },
}

/// The result on one package manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// The target.
    pub target: String,
    /// How the installation ended.
    pub outcome: String,
    /// The phases that ran, in order.
    pub phases: Vec<String>,
    /// Values by `PHASE.KEY`, in order of arrival.
    pub observations: IndexMap<String, Vec<Value>>,
    /// The end of its output.
    pub log: String,
}

/// Makes a suite, an instance and a build of an ebuild file. FILESDIR is the directory `files` beside it.
pub fn prepare(path: &Path) -> Result<(Suite, Expanded), ProbeError> {
    let read = |source| ProbeError::Read {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(read)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let parts = FILE_NAME.captures(&file);
    let parts = parts.ok_or_else(|| ProbeError::Name(file.clone().into_owned()))?;
    let (eapi, text) = with_token(&text).map_err(|eapi| ProbeError::Eapi {
        path: path.to_owned(),
        eapi,
    })?;
    let ebuild = Ebuild {
        name: Some(parts[1].to_owned()),
        version: parts[2].to_owned(),
        text: Some(text),
        files: filesdir(path).map_err(read)?,
        ..Ebuild::default()
    };
    let build = Build {
        name: NAME.to_owned(),
        ebuilds: [(MAIN.to_owned(), ebuild)].into(),
        steps: vec![Step {
            name: Operation::Install.word().to_owned(),
            operation: Operation::Install,
            packages: vec![MAIN.to_owned()],
        }],
        alone: Some("it is probed".to_owned()),
        ..Build::default()
    };
    let title = format!("What {} observes", path.display());
    Ok(unjudged(build, eapi, title, path.display().to_string()))
}

/// Adds the token with which the ebuild reports, and lets every phase that it defines report its begin and end.
fn with_token(text: &str) -> Result<(Eapi, String), String> {
    let mut first = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    let said = first.next().and_then(|(at, line)| {
        let eapi = EAPI_LINE.captures(line)?[2].to_owned();
        Some((at + 1, eapi))
    });
    let (at, eapi) = said.unwrap_or((0, "0".to_owned()));
    let eapi: Eapi = eapi.parse().map_err(|_| eapi)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let token = format!("OBSERVE_TOKEN={NAME}-e{eapi}; OBSERVE_EBUILD={MAIN}");
    lines.insert(at, &token);
    let names: Vec<&str> = PHASES.iter().map(|(name, _)| *name).collect();
    let wrap = format!(
        "\nfor observe_name in {}; do\n\
         \tdeclare -F ${{observe_name}} > /dev/null || continue\n\
         \teval \"observe_own_$(declare -f ${{observe_name}})\"\n\
         \teval \"${{observe_name}}() {{ observe_begin; observe_own_${{observe_name}}; observe_end; }}\"\n\
         done\nunset observe_name\n",
        names.join(" ")
    );
    Ok((eapi, lines.join("\n") + &wrap))
}

fn filesdir(path: &Path) -> io::Result<IndexMap<String, Content>> {
    let dir = path.parent().unwrap_or(Path::new(".")).join("files");
    let mut files = IndexMap::new();
    if dir.is_dir() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let content = Content {
                    kind: ContentKind::File(Value(fs::read(entry.path())?)),
                    ..Content::default()
                };
                files.insert(entry.file_name().to_string_lossy().into_owned(), content);
            }
        }
    }
    Ok(files)
}

/// Installs the ebuild on every target of the session.
pub fn probe(
    config: &RunConfig,
    session: &Session<'_>,
    suite: Suite,
    expanded: Expanded,
) -> Result<Vec<Probed>, RunError> {
    let seen = Observations::default();
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(seen.clone())];
    let name = expanded.builds[0].name.clone();
    let prepared = Prepared::new(Arc::new(suite), expanded)?;
    let results = pass(config, session, prepared, sinks)?;
    let targets = results.targets.into_iter().enumerate();
    Ok(targets
        .map(|(position, mut run)| {
            let observed = seen.of(position, &name).unwrap_or_default();
            let log = run.builds.pop().map_or_else(String::new, |build| build.log);
            let instance = run.instances.pop();
            let reason = instance.and_then(|i| i.reason).or(run.broken);
            told(&run.name, &observed, log, reason)
        })
        .collect())
}

fn told(target: &str, observed: &Observed, log: String, reason: Option<String>) -> Probed {
    let step = observed.steps.values().next().cloned().unwrap_or_default();
    let outcome = match &step.end {
        StepEnd::Succeeded => "succeeded".to_owned(),
        StepEnd::Failed(how) => format!("failed: {how}"),
        StepEnd::TimedOut(how) | StepEnd::Limit(how) | StepEnd::Broken(how) => how.clone(),
        StepEnd::NotReached => reason.unwrap_or_else(|| "not reached".to_owned()),
    };
    let mut observations: IndexMap<String, Vec<Value>> = IndexMap::new();
    for fact in &step.facts {
        if let Said::Value(key, value) = &fact.said {
            let key = format!("{}.{key}", fact.phase);
            observations.entry(key).or_default().push(value.clone());
        }
    }
    Probed {
        target: target.to_owned(),
        outcome,
        phases: step.phases(MAIN).map(str::to_owned).collect(),
        observations,
        log,
    }
}

/// Keys whose values differ between package managers, or that some of them did not observe.
pub fn differing(all: &[Probed]) -> Vec<String> {
    let keys: IndexSet<&String> = all.iter().flat_map(|p| p.observations.keys()).collect();
    let mut differing: Vec<String> = keys
        .into_iter()
        .filter(|key| {
            all.iter()
                .any(|p| p.observations.get(*key) != all[0].observations.get(*key))
        })
        .cloned()
        .collect();
    if all.iter().any(|p| p.phases != all[0].phases) {
        differing.push("phases".to_owned());
    }
    if all.iter().any(|p| p.outcome != all[0].outcome) {
        differing.push("outcome".to_owned());
    }
    differing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ebuild_reports_after_its_eapi_and_wraps_its_phases() {
        let (eapi, text) = with_token("# c\n\nEAPI=\"7\"\ninherit pmsts\n").unwrap();
        assert_eq!(eapi.to_string(), "7");
        assert_eq!(
            text.lines().nth(3),
            Some("OBSERVE_TOKEN=probe-e7; OBSERVE_EBUILD=main")
        );
        assert_eq!(with_token("inherit pmsts\n").unwrap().0.to_string(), "0");
        assert_eq!(with_token("EAPI=77\n"), Err("77".to_owned()));
    }

    #[test]
    fn a_file_name_is_name_and_version() {
        let parts = |name: &str| {
            FILE_NAME
                .captures(name)
                .map(|c| (c[1].to_owned(), c[2].to_owned()))
        };
        assert_eq!(
            parts("a-b-1.2_rc3-r4.ebuild"),
            Some(("a-b".into(), "1.2_rc3-r4".into()))
        );
        assert_eq!(parts("a.ebuild"), None);
        assert_eq!(parts("a-x.ebuild"), None);
    }
}

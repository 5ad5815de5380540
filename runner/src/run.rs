//! The main way through the house: configuration, cases, instances, plan, loop, record.

use std::io;
use std::sync::Arc;

use miette::Diagnostic;
use pmsts_eclass_templates::{RenderError, Renderer, Site};
use pmsts_reports::record::Results;
use pmsts_reports::shards::Shards;
use pmsts_testcases::{
    ExpandError, Expanded, GlobError, Selection, Suite, SuiteError, Variant, expand, select,
};

use crate::adapter::AdapterError;
use crate::config::RunConfig;
use crate::control::ControlError;
use crate::prior::PriorError;
use crate::provision::{self, Provisioner};
use crate::repeated::Repeated;
use crate::session::Session;
use crate::sink::Sink;

/// Why a run could not be done.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum RunError {
    /// The case files are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Suite(#[from] SuiteError),
    /// A filter is wrong.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// A case cannot be expanded.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// A build cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// An adapter is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Adapter(#[from] AdapterError),
    /// A package manager or a Bash cannot be had.
    #[error(transparent)]
    Provision(#[from] provision::Error),
    /// The run's own socket cannot be had.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// Earlier verdicts cannot be used.
    #[error(transparent)]
    Prior(#[from] PriorError),
    /// No case was chosen.
    #[error("no case fits: `pmsts list` shows what there is")]
    NothingChosen,
    /// A record does not tell what passes.
    #[error(
        "the record has no run of {0}: leave --passed out, or give the results.json of a run of it"
    )]
    NotRecorded(String),
    /// There is nothing to repeat.
    #[error("nothing of that record is to be done again: nothing in it failed")]
    NothingAgain,
    /// No testbed can be set up.
    #[error("no testbed can be set up here: {0}; `pmsts doctor` tells what is missing")]
    Testbed(String),
    /// Testbeds want root.
    #[error("testbeds want root: run pmsts as root, for example in a container of your own")]
    NotRoot,
    /// The harness broke.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::System { what, source }
}

/// Instances and builds of a selection, rendered.
pub fn prepare(suite: &Suite, config: &RunConfig) -> Result<(Expanded, Vec<Site>), RunError> {
    let chosen = select(suite, &config.selection)?;
    let mut expanded = expand(suite, &chosen, Variant::Plain)?;
    if let Some(only) = &config.only {
        expanded.retain(|instance| only.contains(&instance.id));
    }
    // A shard may have nothing to do; were there no record of it, it would be missing.
    if expanded.instances.is_empty() && shards(suite, config)?.is_none_or(|all| all.1 == 0) {
        return Err(RunError::NothingChosen);
    }
    let sites = Renderer::new().sites(&expanded.builds)?;
    Ok((expanded, sites))
}

/// The shard that a configuration asks for, and how many cases all shards have together.
fn shards(suite: &Suite, config: &RunConfig) -> Result<Option<(Shards, usize)>, GlobError> {
    let Some(partition) = config.selection.partition else {
        return Ok(None);
    };
    let selection = Selection {
        partition: None,
        ..config.selection.clone()
    };
    let all = select(suite, &selection)?;
    let places = all.iter().map(|(case, _)| suite.cases[*case].id.clone());
    let ours = places
        .enumerate()
        .filter(|(_, id)| partition.has(id))
        .map(|(place, id)| (id, place));
    let shards = Shards {
        of: partition.of(),
        parts: [partition.number()].into(),
        places: ours.collect(),
    };
    Ok(Some((shards, all.len())))
}

/// Runs what is asked for, as often as asked for, and gives the record of it.
pub fn run<'a>(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    mut sinks: impl FnMut() -> Vec<Box<dyn Sink + 'a>>,
) -> Result<Results, RunError> {
    let suite = Arc::new(Suite::of(config.cases.as_deref())?);
    let (expanded, sites) = prepare(&suite, config)?;
    let session = Session::open(config, provisioner, &expanded)?;
    let mut once = || {
        let (expanded, sites) = (expanded.clone(), sites.clone());
        session.run(config, Arc::clone(&suite), expanded, sites, sinks())
    };
    let mut first = once()?;
    let mut repeats = Repeated::new(&first);
    while repeats.times() < config.repeat && !first.interrupted {
        let again = once()?;
        first.interrupted |= again.interrupted;
        repeats.add(&again);
    }
    if config.repeat > 1 {
        first.repeats = Some(repeats.differing());
    }
    if let Some((shards, _)) = shards(&suite, config)? {
        for run in &mut first.runs {
            run.shards = Some(shards.clone());
        }
    }
    Ok(first)
}

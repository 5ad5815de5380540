//! Prepares a run without a package manager: expands cases into instances and builds, and renders the builds' files.

use std::sync::Arc;

use pmsts_eclass_templates::{Renderer, Site};
use pmsts_reports::record::Shards;
use pmsts_testcases::{
    EapiSet, Expanded, GlobError, Selection, Suite, Variant, expand_for, select, why_nothing,
};

use super::config::RunConfig;
use super::error::RunError;
use crate::schedule::second_try::{WantsAnotherTry, wants_another_try};

/// Instances and their builds, rendered.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Requirements and cases.
    pub suite: Arc<Suite>,
    /// Instances and builds.
    pub expanded: Expanded,
    /// Files of each build.
    pub sites: Vec<Site>,
    /// Decides whether a build that shared a call must be tried again alone.
    pub(crate) wants_another_try: WantsAnotherTry,
}

impl Prepared {
    /// Renders the builds of these instances.
    pub fn new(suite: Arc<Suite>, expanded: Expanded) -> Result<Self, RunError> {
        Ok(Self {
            sites: Renderer::new().sites(&expanded.builds)?,
            suite,
            expanded,
            wants_another_try,
        })
    }
}

/// Expands the cases that a configuration selects, in the EAPIs that it selects, for targets that claim these EAPIs.
pub(super) fn choose(
    suite: &Suite,
    config: &RunConfig,
    claims: &[EapiSet],
) -> Result<Expanded, RunError> {
    let chosen = select(suite, &config.selection)?;
    let mut expanded = expand_for(suite, &chosen, Variant::Plain, claims)?;
    if let Some(only) = &config.only {
        expanded.retain(|instance| only.contains(&instance.id));
    }
    // A shard may have no case. It gets a record all the same, or it would count as missing.
    if expanded.instances.is_empty() && shards(suite, config)?.is_none_or(|all| all.1 == 0) {
        return Err(RunError::NothingChosen(why_nothing(
            suite,
            &config.selection,
        )?));
    }
    Ok(expanded)
}

/// The shard that a configuration asks for, and how many cases all shards have together.
pub(super) fn shards(
    suite: &Suite,
    config: &RunConfig,
) -> Result<Option<(Shards, usize)>, GlobError> {
    let Some(partition) = config.selection.partition else {
        return Ok(None);
    };
    let selection = Selection {
        partition: None,
        ..config.selection.clone()
    };
    let all = select(suite, &selection)?;
    let cases = all.iter().map(|(case, _)| &suite.cases[*case]).enumerate();
    let ours = cases.filter(|(_, case)| partition.has(&case.build.name));
    let ours = ours.map(|(place, case)| (case.id.clone(), place));
    let shards = Shards {
        of: partition.of(),
        parts: [partition.number()].into(),
        places: ours.collect(),
    };
    Ok(Some((shards, all.len())))
}

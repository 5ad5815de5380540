//! What a run works on: fixed before the first testbed opens.

use std::collections::BTreeMap;
use std::sync::Arc;

use pmsts_eclass_templates::{Renderer, Site};
use pmsts_reports::record::Source;
use pmsts_testcases::{BuildInstance, Expanded, Instance, Suite};

use crate::domain::{Domain, Room};
use crate::plan::Batch;
use crate::state::Outline;

/// What a run works on.
#[derive(Debug)]
pub(crate) struct Work {
    /// Requirements and cases.
    pub suite: Arc<Suite>,
    /// Instances and builds.
    pub expanded: Expanded,
    /// Files of each build.
    pub sites: Vec<Site>,
    /// Checksum of each build.
    pub checksums: Vec<String>,
    /// Positions of the instances of each build.
    pub by_build: Vec<Vec<usize>>,
    /// Who is tested.
    pub domains: Arc<Vec<Domain>>,
    /// What a testbed may use.
    pub room: Room,
}

impl Work {
    /// Work on these instances, whose builds have these sites.
    pub(crate) fn new(
        suite: Arc<Suite>,
        expanded: Expanded,
        sites: Vec<Site>,
        domains: Arc<Vec<Domain>>,
        room: Room,
    ) -> Self {
        let checksums = expanded.builds.iter().zip(&sites).map(|(build, site)| {
            let mut asked = format!("{:?} {:?}", build.build.steps, build.build.config);
            asked.extend(build.build.input.iter().map(|text| format!(" {text:?}")));
            site.checksum(&asked)
        });
        let mut by_build = vec![Vec::new(); expanded.builds.len()];
        for (position, instance) in expanded.instances.iter().enumerate() {
            by_build[instance.build].push(position);
        }
        Self {
            checksums: checksums.collect(),
            by_build,
            suite,
            expanded,
            sites,
            domains,
            room,
        }
    }

    /// What every build is made of, by checksum.
    pub(crate) fn sources(&self) -> BTreeMap<String, Source> {
        let renderer = Renderer::new();
        let skeleton = renderer.skeleton();
        let entries = self.checksums.iter().zip(&self.sites);
        entries
            .map(|(checksum, site)| {
                (
                    checksum.clone(),
                    Source {
                        files: site.beyond(skeleton),
                    },
                )
            })
            .collect()
    }

    /// The instances of a build.
    pub(crate) fn instances(&self, build: usize) -> Vec<&Instance> {
        self.by_build[build]
            .iter()
            .map(|index| &self.expanded.instances[*index])
            .collect()
    }

    /// What the state must know of a batch.
    pub(crate) fn outline(&self, batch: &Batch) -> Outline {
        let builds = batch.builds.iter().map(|index| {
            let build = &self.expanded.builds[*index];
            (
                build.token.clone(),
                build.build.ebuilds.keys().cloned().collect(),
            )
        });
        let steps = &self.expanded.builds[batch.builds[0]].build.steps;
        Outline {
            builds: builds.collect(),
            steps: steps.iter().map(|s| s.name.clone()).collect(),
        }
    }
}

/// The targets of a step of a build, as a package manager is asked for them.
pub(crate) fn targets(build: &BuildInstance, step: usize) -> Vec<String> {
    let target = |target: &String| match build.build.ebuilds.get(target) {
        Some(ebuild) => format!("={}/{}", build.category(ebuild), build.pf(ebuild)),
        None => target.clone(),
    };
    build.build.steps[step].targets.iter().map(target).collect()
}

//! Cases, instances, builds and targets of a run: fixed before the first testbed opens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pmsts_eclass_templates::{Renderer, Site};
use pmsts_reports::record::SourceFiles;
use pmsts_testcases::{
    BuildInstance, Check, Expanded, Instance, Judgement, Observed, Suite, What, judge,
};

use crate::target::Target;

/// The cases, instances, builds and targets of a run.
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
    /// The package managers under test.
    pub targets: Arc<Vec<Target>>,
}

impl Work {
    /// Takes instances, the files of their builds, and targets.
    pub(crate) fn new(
        suite: Arc<Suite>,
        expanded: Expanded,
        sites: Vec<Site>,
        targets: &Arc<Vec<Target>>,
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
            targets: Arc::clone(targets),
        }
    }

    /// The source files of every build, by checksum.
    pub(crate) fn sources(&self) -> BTreeMap<String, SourceFiles> {
        let renderer = Renderer::new();
        let skeleton = renderer.skeleton();
        let entries = self.checksums.iter().zip(&self.sites);
        entries
            .map(|(checksum, site)| {
                (
                    checksum.clone(),
                    SourceFiles {
                        files: site.beyond(skeleton),
                    },
                )
            })
            .collect()
    }

    /// The verdicts on the instances of a build.
    pub(crate) fn judge(&self, build: usize, observed: &Observed) -> Vec<(&Instance, Judgement)> {
        let it = &self.expanded.builds[build].build;
        let instances = self.instances(build).into_iter();
        instances
            .map(|instance| (instance, judge(instance, it, observed)))
            .collect()
    }

    /// What the cases of a build ask to be read beside the messages of phases: only that is observed.
    pub(crate) fn asked(&self, build: usize) -> BTreeSet<String> {
        let mut asked = BTreeSet::new();
        for instance in self.instances(build) {
            for (address, check) in &instance.expect {
                let step = address.step_in(&self.expanded.builds[build].build);
                match &address.what {
                    What::File(path) => {
                        asked.insert(format!("file {step:?} {path}"));
                        if let Check::File(file) = check {
                            let other = file.same_inode.iter();
                            asked.extend(other.map(|path| format!("file {step:?} {path}")));
                        }
                    }
                    What::Vdb(name) => {
                        asked.insert(format!("vdb {name}"));
                    }
                    What::Output => {
                        asked.insert("output".to_owned());
                    }
                    _ => {}
                }
            }
        }
        asked
    }

    /// Ids of the cases of a build.
    pub(crate) fn cases(&self, build: usize) -> Vec<&str> {
        let id = |at: &usize| {
            self.suite.cases[self.expanded.instances[*at].case]
                .id
                .as_str()
        };
        self.by_build[build].iter().map(id).collect()
    }

    /// The instances of a build.
    pub(crate) fn instances(&self, build: usize) -> Vec<&Instance> {
        self.by_build[build]
            .iter()
            .map(|index| &self.expanded.instances[*index])
            .collect()
    }
}

/// The packages of a step of a build, as the package manager gets them.
pub(crate) fn packages(build: &BuildInstance, step: usize) -> Vec<String> {
    let package = |package: &String| match build.build.ebuilds.get(package) {
        Some(ebuild) => format!("={}/{}", build.category(ebuild), build.pf(ebuild)),
        None => package.clone(),
    };
    build.build.steps[step]
        .packages
        .iter()
        .map(package)
        .collect()
}

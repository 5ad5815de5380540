//! Chooses the sabotage of each build in each round.

use std::collections::{BTreeMap, BTreeSet};

use pmsts_eclass_templates::Renderer;
use pmsts_testcases::{Expanded, Instance, Sabotage, sabotages};

/// The sabotages of each build.
pub(super) struct Sabotages(Vec<Vec<Sabotage>>);

impl Sabotages {
    /// Finds all possible sabotages.
    pub(super) fn new(plain: &Expanded) -> Self {
        let renderer = Renderer::new();
        let of = |index: usize| {
            let build = &plain.builds[index];
            let instances: Vec<&Instance> = plain
                .instances
                .iter()
                .filter(|i| i.build == index)
                .collect();
            let mut all = sabotages(build, &instances);
            // A sabotaged build that cannot be rendered cannot run.
            all.retain(|sabotage| {
                let mut build = build.clone();
                build.build = sabotage.build.clone();
                renderer.site(&build).is_ok()
            });
            all
        };
        Self((0..plain.builds.len()).map(of).collect())
    }

    /// The open instances on builds with the sabotages of this round, and the names of these. Of a case whose rows have
    /// builds of their own, one build is tried in each round.
    pub(super) fn round(
        &self,
        plain: &Expanded,
        open: &BTreeSet<usize>,
        number: usize,
    ) -> (Expanded, Vec<String>) {
        let mut out = Expanded::default();
        let mut names = Vec::new();
        let mut positions: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, sabotage) in self.chosen(plain, open, number) {
            let instance = &plain.instances[index];
            let position = *positions.entry(instance.build).or_insert_with(|| {
                let mut build = plain.builds[instance.build].clone();
                build.build = sabotage.build.clone();
                out.builds.push(build);
                names.push(sabotage.name.clone());
                out.builds.len() - 1
            });
            out.instances.push(Instance {
                build: position,
                ..instance.clone()
            });
        }
        (out, names)
    }

    fn chosen<'s>(
        &'s self,
        plain: &Expanded,
        open: &BTreeSet<usize>,
        number: usize,
    ) -> Vec<(usize, &'s Sabotage)> {
        let mut builds: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for index in open {
            let instance = &plain.instances[*index];
            builds
                .entry(instance.case)
                .or_default()
                .insert(instance.build);
        }
        let turn = |index: &usize| {
            let instance = &plain.instances[*index];
            let builds = &builds[&instance.case];
            let build = builds.iter().nth((number - 1) % builds.len());
            let sabotage = self.0[instance.build].get(number - 1);
            sabotage
                .filter(|_| build == Some(&instance.build))
                .map(|sabotage| (*index, sabotage))
        };
        open.iter().filter_map(turn).collect()
    }
}

/// These instances, on their builds without sabotage.
pub(super) fn part(plain: &Expanded, chosen: &BTreeSet<usize>) -> Expanded {
    let mut out = plain.clone();
    let mut positions = 0..;
    out.retain(|_| positions.next().is_some_and(|at| chosen.contains(&at)));
    out
}

//! Decides which builds share one call of the package manager. Pure.

use std::path::PathBuf;

use pmsts_eclass_templates::Site;
use pmsts_testcases::model::{Build, Operation};
use pmsts_testcases::{BuildInstance, Check, Eapi, Ending, Instance, What};

use super::work::Work;
use crate::adapter::Adapter;

/// Builds that go through their steps together, in one testbed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    /// Position of the target.
    pub target: usize,
    /// Positions of the builds.
    pub builds: Vec<usize>,
    /// All files of the builds.
    pub site: Site,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Whether its builds must be refused, or fail.
    pub refusal: bool,
    /// Names of the steps and builds, for the state.
    pub outline: Outline,
}

/// The names of the steps and the tokens of the builds of a batch: all that the state needs of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Tokens of the builds, in the batch's order, each with the handles of its ebuilds.
    pub builds: Vec<(String, Vec<String>)>,
    /// Names of the steps.
    pub steps: Vec<String>,
}

impl Batch {
    /// A batch of one build, for its first try.
    fn of(target: usize, candidate: &Candidate<'_>) -> Self {
        let steps = &candidate.build.build.steps;
        Self {
            target,
            builds: vec![candidate.index],
            site: candidate.site.clone(),
            attempt: 1,
            refusal: candidate.is_refused(),
            outline: Outline {
                builds: vec![candidate.outline()],
                steps: steps.iter().map(|step| step.name.clone()).collect(),
            },
        }
    }

    /// Adds a build if its files do not conflict with those of the batch; returns whether they do not.
    fn take(&mut self, candidate: &Candidate<'_>) -> bool {
        let fits = self.site.add(candidate.site).is_ok();
        if fits {
            self.builds.push(candidate.index);
            self.outline.builds.push(candidate.outline());
        }
        fits
    }

    /// A batch of some of its builds, for the next try. `sites` are those of all builds of the run.
    pub(crate) fn part(&self, positions: &[usize], sites: &[Site]) -> Self {
        let mut site = Site::default();
        for (at, position) in positions.iter().enumerate() {
            let own = &sites[self.builds[*position]];
            if at == 0 {
                site = own.clone();
            } else {
                // They were together before, so they do not contradict each other.
                let _ = site.add(own);
            }
        }
        let outlines = positions.iter().map(|at| self.outline.builds[*at].clone());
        Self {
            target: self.target,
            builds: positions.iter().map(|at| self.builds[*at]).collect(),
            site,
            attempt: self.attempt + 1,
            refusal: self.refusal,
            outline: Outline {
                builds: outlines.collect(),
                steps: self.outline.steps.clone(),
            },
        }
    }
}

/// A build, and what decides whether it can share a call.
pub(crate) struct Candidate<'a> {
    /// Position of the build.
    pub index: usize,
    /// The build.
    pub build: &'a BuildInstance,
    /// Its files.
    pub site: &'a Site,
    /// How each step must end.
    pub endings: Vec<Ending>,
    /// Whether a case asks for the output of a step.
    pub wants_output: bool,
    /// The Bash of its EAPI.
    pub bash: PathBuf,
    /// Whether one of its instances is known to break a call that it shares.
    pub breaks: bool,
}

impl<'a> Candidate<'a> {
    /// Takes a build of the work; `bash` gives the Bash of an EAPI.
    pub(crate) fn new(work: &'a Work, index: usize, bash: impl Fn(Eapi) -> PathBuf) -> Self {
        let build = &work.expanded.builds[index];
        let instances = work.instances(index);
        let mut expected = instances.iter().flat_map(|i| &i.expect);
        Self {
            index,
            build,
            site: &work.sites[index],
            wants_output: expected.any(|(address, _)| address.what == What::Output),
            endings: endings(&build.build, &instances),
            bash: bash(build.eapi),
            breaks: false,
        }
    }

    /// Whether a step must be refused, or fail.
    fn is_refused(&self) -> bool {
        let mut endings = self.endings.iter();
        endings.any(|e| matches!(e, Ending::Fails | Ending::Refused))
    }

    fn outline(&self) -> (String, Vec<String>) {
        let ebuilds = self.build.build.ebuilds.keys().cloned();
        (self.build.token.clone(), ebuilds.collect())
    }

    /// The reason why the build needs a call of its own, if it does.
    fn alone(&self, adapter: &Adapter) -> Option<&'static str> {
        let steps = &self.build.build.steps;
        let is_handle = |package: &String| self.build.build.ebuilds.contains_key(package);
        if self.build.build.alone.is_some() {
            Some("the case asks for a call of its own")
        } else if self.breaks {
            Some("it is known to break a call")
        } else if self.wants_output {
            Some("the output of a shared call cannot be divided among its builds")
        } else if self.build.build.input.is_some() {
            Some("standard input can be read once only")
        } else if !self.build.build.served.is_empty() {
            Some("requests to the testbed's server are recorded for the whole call")
        } else if adapter.death_ends_call()
            && self.endings.iter().any(|e| matches!(e, Ending::Dies(_)))
        {
            Some("a death ends the whole call")
        } else if self.is_refused() {
            Some("a refusal ends the whole call")
        } else if self
            .endings
            .contains(&Ending::Dies("pkg_pretend".to_owned()))
        {
            Some("`die` in pkg_pretend ends the whole call")
        } else if steps.iter().any(|s| adapter.one_by_one(s.operation)) {
            Some("an operation takes one package per call")
        } else if !steps.iter().flat_map(|s| &s.packages).all(is_handle) {
            Some("the packages that are selected may depend on the others")
        } else if steps.iter().any(|s| s.operation == Operation::Metadata) && steps.len() > 1 {
            Some("the metadata cache changes what later steps read")
        } else {
            None
        }
    }

    /// Whether both install files of the same names, as they are one build in two EAPIs.
    fn collides_with(&self, other: &Self) -> bool {
        let installs = |c: &Self| {
            let build = &c.build.build;
            !build.distfiles.is_empty()
                || build
                    .ebuilds
                    .values()
                    .any(|e| e.text.is_some() || e.phases.contains_key("src_install"))
        };
        self.build.build.name == other.build.build.name && installs(self)
    }

    /// Whether both have in common what builds of one call must.
    fn shares_with(&self, other: &Self) -> bool {
        let shape = |c: &Self| -> Vec<(String, Operation)> {
            c.build
                .build
                .steps
                .iter()
                .map(|s| (s.name.clone(), s.operation))
                .collect()
        };
        let dies =
            |c: &Self| -> Vec<bool> { c.endings.iter().map(|e| *e != Ending::Succeeds).collect() };
        let (mine, others) = (&self.build.build, &other.build.build);
        shape(self) == shape(other)
            && dies(self) == dies(other)
            && self.bash == other.bash
            && mine.config == others.config
            && mine.profile == others.profile
            && mine.select_profile == others.select_profile
            && mine.repository == others.repository
            && mine.repositories == others.repositories
            && mine.root == others.root
    }
}

/// How each step must end: as an instance expects, else with success.
fn endings(build: &Build, instances: &[&Instance]) -> Vec<Ending> {
    let said = |step: &str| {
        instances
            .iter()
            .flat_map(|i| &i.expect)
            .find_map(|(address, check)| match check {
                Check::Ending(ending)
                    if address.what == What::Outcome && address.step_in(build) == Some(step) =>
                {
                    Some(ending.clone())
                }
                _ => None,
            })
    };
    build
        .steps
        .iter()
        .map(|s| said(&s.name).unwrap_or_default())
        .collect()
}

/// Batches of at most `most` builds, the longest first, so that lanes end at about the same time.
pub(crate) fn plan(
    target: usize,
    candidates: &[Candidate<'_>],
    adapter: &Adapter,
    most: usize,
) -> Vec<Batch> {
    let mut groups: Vec<Vec<&Candidate<'_>>> = Vec::new();
    let mut batches = Vec::new();
    for candidate in candidates {
        if candidate.alone(adapter).is_some() {
            batches.push(Batch::of(target, candidate));
            continue;
        }
        match groups
            .iter_mut()
            .find(|group| group[0].shares_with(candidate))
        {
            Some(group) => group.push(candidate),
            None => groups.push(vec![candidate]),
        }
    }
    for group in groups {
        fill(target, &group, most, &mut batches);
    }
    batches.sort_by_key(|batch| std::cmp::Reverse(batch.builds.len()));
    batches
}

/// Splits a group into batches of equal size whose files do not conflict.
fn fill(target: usize, group: &[&Candidate<'_>], most: usize, batches: &mut Vec<Batch>) {
    let count = group.len().div_ceil(most.max(1));
    let size = group.len().div_ceil(count.max(1));
    let first = batches.len();
    for candidate in group {
        let joined = batches[first..].iter_mut().any(|batch| {
            let collides = |batch: &Batch| {
                let mut inside = group
                    .iter()
                    .filter(|other| batch.builds.contains(&other.index));
                inside.any(|other| candidate.collides_with(other))
            };
            batch.builds.len() < size && !collides(batch) && batch.take(candidate)
        });
        if !joined {
            batches.push(Batch::of(target, candidate));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pmsts_eclass_templates::Renderer;
    use pmsts_testcases::{EapiChoice, Selection, Suite, Variant, expand, select};

    use super::*;

    fn batches(cases: &[(&str, &str)], most: usize) -> Vec<Vec<String>> {
        let text: String = cases
            .iter()
            .map(|(id, rest)| {
                format!("[[case]]\nid = \"{id}\"\ntitle = \"t\"\nsection = \"s\"\nrequirements = [\"ebuild-functions.default-exists-for-every-phase\"]\n{rest}\n")
            })
            .collect();
        let suite = Suite::with_text("c", &text).unwrap();
        let eapis = EapiChoice::Only("8".parse().unwrap());
        let chosen = select(
            &suite,
            &Selection {
                eapis,
                ..Selection::default()
            },
        )
        .unwrap();
        let expanded = expand(&suite, &chosen, Variant::Plain).unwrap();
        let sites = Renderer::new().sites(&expanded.builds).unwrap();
        let work = Work::new(Arc::new(suite), expanded, sites, &Arc::default());
        let candidate = |index| Candidate::new(&work, index, |_| PathBuf::from("/bin/bash"));
        let candidates: Vec<_> = (0..work.sites.len()).map(candidate).collect();
        let adapter = Adapter::embedded("portage").unwrap();
        let name = |index: &usize| work.expanded.builds[*index].build.name.clone();
        plan(0, &candidates, &adapter, most)
            .iter()
            .map(|batch| batch.builds.iter().map(name).collect())
            .collect()
    }

    const PLAIN: &str =
        "[case.ebuild]\nsrc_compile = 'observe a b'\n[case.expect]\n\"src_compile.a\" = \"b\"";

    #[test]
    fn what_wants_the_same_shares_in_batches_of_equal_size() {
        let all = batches(
            &[
                ("a", PLAIN),
                ("b", PLAIN),
                ("c", PLAIN),
                ("d", PLAIN),
                ("e", PLAIN),
            ],
            3,
        );
        assert_eq!(all, [vec!["a", "b", "c"], vec!["d", "e"]]);
    }

    #[test]
    fn what_wants_something_of_its_own_is_alone() {
        let refused = PLAIN.replace("[case.expect]", "[case.expect]\noutcome = \"refused\"");
        let dies = PLAIN.replace(
            "[case.expect]",
            "[case.expect]\noutcome = \"dies in src_compile\"",
        );
        let configured = format!("config = {{ use = \"x\" }}\n{PLAIN}");
        let resolved = format!("steps = [\"install @main@\"]\n{PLAIN}");
        let profiled = format!("profile = {{ \"use.mask\" = \"x\" }}\n{PLAIN}");
        let removed = format!("steps = [\"install\", \"uninstall\"]\n{PLAIN}");
        let cases = [
            ("plain", PLAIN),
            ("refused", refused.as_str()),
            ("dies", &dies),
            ("configured", &configured),
            ("resolved", &resolved),
            ("profiled", &profiled),
            ("removed", &removed),
            ("plain-too", PLAIN),
        ];
        let all = batches(&cases, 10);
        assert_eq!(all[0], ["plain", "plain-too"]);
        assert!(all[1..].iter().all(|batch| batch.len() == 1), "{all:?}");
        assert_eq!(all.len(), 7);
    }

    #[test]
    fn what_dies_shares_with_what_dies() {
        let dies = PLAIN.replace(
            "[case.expect]",
            "[case.expect]\noutcome = \"dies in src_compile\"",
        );
        assert_eq!(
            batches(&[("a", &dies), ("b", PLAIN), ("c", &dies)], 10),
            [vec!["a", "c"], vec!["b"]]
        );
    }

    #[test]
    fn files_that_contradict_each_other_do_not_share() {
        let eclass = |text: &str| format!("eclasses = {{ x = \"{text}\" }}\n{PLAIN}");
        let (one, other) = (eclass("# one"), eclass("# other"));
        let all = batches(&[("a", &one), ("b", &other), ("c", &one)], 10);
        assert!(all.contains(&vec!["b".to_owned()]), "{all:?}");
        assert_eq!(all.iter().map(Vec::len).sum::<usize>(), 3);
    }
}

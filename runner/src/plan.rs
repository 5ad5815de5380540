//! Which builds share one call of the package manager. Pure.

use std::path::PathBuf;

use pmsts_eclass_templates::Site;
use pmsts_testcases::model::{Build, Operation};
use pmsts_testcases::{BuildInstance, Check, Eapi, Ending, Expanded, Instance, What};

use crate::adapter::Adapter;

/// Builds that go through their steps together, in one testbed.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Position of the domain.
    pub domain: usize,
    /// Positions of the builds.
    pub builds: Vec<usize>,
    /// All files of the builds.
    pub site: Site,
    /// Which try this is, from 1.
    pub attempt: u32,
}

/// A build and what may keep it from sharing.
pub struct Candidate<'a> {
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
    /// The Bash it is run with.
    pub bash: PathBuf,
}

impl<'a> Candidate<'a> {
    /// Candidates for the builds of the instances.
    pub fn all(
        expanded: &'a Expanded,
        sites: &'a [Site],
        bash: impl Fn(Eapi) -> PathBuf,
    ) -> Vec<Self> {
        let candidate = |(index, (build, site)): (usize, (&'a BuildInstance, &'a Site))| {
            let instances = expanded.instances.iter().filter(|i| i.build == index);
            let instances: Vec<_> = instances.collect();
            let mut expected = instances.iter().flat_map(|i| &i.expect);
            Self {
                index,
                build,
                site,
                wants_output: expected.any(|(address, _)| address.what == What::Output),
                endings: endings(&build.build, &instances),
                bash: bash(build.eapi),
            }
        };
        expanded
            .builds
            .iter()
            .zip(sites)
            .enumerate()
            .map(candidate)
            .collect()
    }

    /// Why it needs a call of its own.
    pub fn alone(&self, adapter: &Adapter) -> Option<&'static str> {
        let steps = &self.build.build.steps;
        let is_handle = |target: &String| self.build.build.ebuilds.contains_key(target);
        if self.build.build.alone.is_some() {
            Some("the case says so")
        } else if self.wants_output {
            Some("the output of a call belongs to all who share it")
        } else if self.build.build.input.is_some() {
            Some("standard input has one reader")
        } else if !self.build.build.served.is_empty() {
            Some("requests to the testbed's server are told for the whole call")
        } else if self
            .endings
            .iter()
            .any(|e| matches!(e, Ending::Fails | Ending::Refused))
        {
            Some("a refusal ends the whole call")
        } else if self
            .endings
            .contains(&Ending::Dies("pkg_pretend".to_owned()))
        {
            Some("a death in pkg_pretend ends the whole call")
        } else if steps.iter().any(|s| adapter.one_by_one(s.operation)) {
            Some("an operation takes one target a call")
        } else if !steps.iter().flat_map(|s| &s.targets).all(is_handle) {
            Some("what is chosen may depend on what else is asked for")
        } else if steps.iter().any(|s| s.operation == Operation::Metadata) && steps.len() > 1 {
            Some("the cache changes what is read later")
        } else {
            None
        }
    }

    /// Whether both install files of the same names: one build in two EAPIs.
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

    /// What those who share must have in common.
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

/// How each step must end: what an instance says of it, else success.
fn endings(build: &Build, instances: &[&Instance]) -> Vec<Ending> {
    let first = build.steps.first().map(|s| s.name.as_str());
    let said = |step: &str| {
        instances
            .iter()
            .flat_map(|i| &i.expect)
            .find_map(|(address, check)| match check {
                Check::Ending(ending)
                    if address.what == What::Outcome
                        && address.step.as_deref().or(first) == Some(step) =>
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

/// Batches of at most `most` builds, those that take longest first, so that lanes end together.
pub fn plan(
    domain: usize,
    candidates: &[Candidate<'_>],
    adapter: &Adapter,
    most: usize,
) -> Vec<Batch> {
    let mut groups: Vec<Vec<&Candidate<'_>>> = Vec::new();
    let mut batches = Vec::new();
    for candidate in candidates {
        if candidate.alone(adapter).is_some() {
            batches.push(single(domain, candidate.index, candidate.site, 1));
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
        fill(domain, &group, most, &mut batches);
    }
    batches.sort_by_key(|batch| std::cmp::Reverse(batch.builds.len()));
    batches
}

/// Splits a group into batches of equal size whose files do not contradict each other.
fn fill(domain: usize, group: &[&Candidate<'_>], most: usize, batches: &mut Vec<Batch>) {
    let count = group.len().div_ceil(most.max(1));
    let size = group.len().div_ceil(count.max(1));
    let first = batches.len();
    for candidate in group {
        let joined = batches[first..].iter_mut().any(|batch| {
            let fits = batch.builds.len() < size
                && !group.iter().any(|other| {
                    batch.builds.contains(&other.index) && candidate.collides_with(other)
                })
                && batch.site.add(candidate.site).is_ok();
            if fits {
                batch.builds.push(candidate.index);
            }
            fits
        });
        if !joined {
            batches.push(single(domain, candidate.index, candidate.site, 1));
        }
    }
}

/// A batch of one build.
pub fn single(domain: usize, build: usize, site: &Site, attempt: u32) -> Batch {
    Batch {
        domain,
        builds: vec![build],
        site: site.clone(),
        attempt,
    }
}

#[cfg(test)]
mod tests {
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
        let candidates = Candidate::all(&expanded, &sites, |_| PathBuf::from("/bin/bash"));
        let adapter = Adapter::embedded("portage").unwrap();
        let name = |index: &usize| expanded.builds[*index].build.name.clone();
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

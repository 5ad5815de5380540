//! Collects the results of sabotage on one target.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use pmsts_reports::record::Instance as Record;
use pmsts_testcases::{
    Expanded, Instance, Judgement, Observed, Suite, Verdict, noticed, notices_altered,
};
use serde::Serialize;

/// The result of sabotage on one target.
#[derive(Debug, Default, Serialize)]
pub struct Trial {
    /// The target.
    pub target: String,
    /// Number of cases that pass without sabotage, and so can be sabotaged.
    pub cases: usize,
    /// Number of cases that noticed a sabotage.
    pub caught: usize,
    /// Cases that noticed none, and have no `uncontrolled` with a reason.
    pub missed: Vec<String>,
    /// Cases that noticed none, with the reason why no sabotage can make them fail.
    pub excused: BTreeMap<String, String>,
    /// Cases with such a reason that noticed a sabotage all the same.
    pub stale: Vec<String>,
    /// Which sabotage each case noticed.
    pub by: BTreeMap<String, String>,
    /// Cases that do not pass without sabotage, so that their failure shows nothing.
    pub not_passing: Vec<String>,
    /// Whether the user stopped before the end.
    pub interrupted: bool,
}

/// The results on one target so far.
pub(super) struct Tally<'a> {
    suite: &'a Suite,
    plain: &'a Expanded,
    found: Trial,
    /// Positions of instances whose case has noticed no sabotage yet.
    pub(super) open: BTreeSet<usize>,
    /// Observations of instances that passed.
    seen: BTreeMap<usize, Rc<Observed>>,
}

impl<'a> Tally<'a> {
    /// Starts with all instances open that passed without sabotage.
    pub(super) fn new(
        target: &str,
        suite: &'a Suite,
        plain: &'a Expanded,
        records: &[Record],
    ) -> Self {
        let passed = passed(records);
        let (mut open, mut failing) = (BTreeSet::new(), BTreeSet::new());
        for (position, instance) in plain.instances.iter().enumerate() {
            if passed.contains(instance.id.as_str()) {
                open.insert(position);
            } else {
                failing.insert(instance.case);
            }
        }
        let passing: BTreeSet<usize> = open.iter().map(|i| plain.instances[*i].case).collect();
        let id = |case: &usize| suite.cases[*case].id.clone();
        Self {
            suite,
            plain,
            found: Trial {
                target: target.to_owned(),
                cases: passing.len(),
                not_passing: failing.difference(&passing).map(id).collect(),
                ..Trial::default()
            },
            open,
            seen: BTreeMap::new(),
        }
    }

    /// The target's name.
    pub(super) fn target(&self) -> &str {
        &self.found.target
    }

    /// Keeps the observations of open instances that passed; `of` returns those of a build by its name.
    pub(super) fn keep(&mut self, records: &[Record], of: impl Fn(&str) -> Option<Rc<Observed>>) {
        let passed = passed(records);
        for position in &self.open {
            let instance = &self.plain.instances[*position];
            if passed.contains(instance.id.as_str())
                && let Some(seen) = of(&self.plain.builds[instance.build].name)
            {
                self.seen.insert(*position, seen);
            }
        }
    }

    /// Open instances whose observations were not kept.
    pub(super) fn unseen(&self) -> impl Iterator<Item = usize> {
        let open = self.open.iter().copied();
        open.filter(|position| !self.seen.contains_key(position))
    }

    /// The last sabotage: judges the kept observations again after altering them.
    pub(super) fn alter(&mut self) {
        let noticing = self.open.iter().filter(|position| {
            let instance = &self.plain.instances[**position];
            let build = &self.plain.builds[instance.build].build;
            let seen = self.seen.get(*position);
            seen.is_some_and(|seen| notices_altered(instance, build, seen))
        });
        let cases: BTreeSet<usize> = noticing
            .map(|position| self.plain.instances[*position].case)
            .collect();
        for case in cases {
            self.close_case(case, "altered observations".to_owned());
        }
    }

    /// Takes the verdicts on sabotaged instances; `names` are the sabotages of the builds.
    pub(super) fn take(&mut self, ran: &Expanded, records: &[Record], names: &[String]) {
        let by_id: BTreeMap<&str, &Instance> =
            ran.instances.iter().map(|i| (i.id.as_str(), i)).collect();
        for record in records {
            let Some(instance) = by_id.get(record.id.as_str()) else {
                continue;
            };
            let judgement = Judgement {
                verdict: record.verdict,
                reason: record.reason.clone(),
                compared: record.compared.clone(),
            };
            if noticed(instance, &judgement) {
                self.close_case(instance.case, names[instance.build].clone());
            }
        }
    }

    fn close_case(&mut self, case: usize, by: String) {
        let plain = self.plain;
        let before = self.open.len();
        self.open.retain(|i| plain.instances[*i].case != case);
        if self.open.len() < before {
            self.found.by.insert(self.suite.cases[case].id.clone(), by);
        }
    }

    /// The final result.
    pub(super) fn close(mut self, interrupted: bool) -> Trial {
        let open: BTreeSet<usize> = self
            .open
            .iter()
            .map(|i| self.plain.instances[*i].case)
            .collect();
        for case in open.iter().map(|case| &self.suite.cases[*case]) {
            let id = case.id.clone();
            match &case.unsabotaged {
                Some(reason) => {
                    self.found.excused.insert(id, reason.clone());
                }
                None => self.found.missed.push(id),
            }
        }
        let has_excuse = |id: &&String| {
            let case = self.suite.case(id);
            case.is_some_and(|case| case.unsabotaged.is_some())
        };
        self.found.stale = self.found.by.keys().filter(has_excuse).cloned().collect();
        self.found.caught = self.found.by.len();
        self.found.interrupted = interrupted;
        self.found
    }
}

/// Ids of the instances that passed.
fn passed(records: &[Record]) -> BTreeSet<&str> {
    let passed = records.iter().filter(|r| r.verdict == Verdict::Passed);
    passed.map(|r| r.id.as_str()).collect()
}

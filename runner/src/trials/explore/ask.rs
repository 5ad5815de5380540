//! Asks package managers questions: one build for many, and for each target what it said.

use std::sync::Arc;

use pmsts_testcases::{Eapi, Observed, Said, Verdict};

use super::answer::{Answer, Answers};
use super::build::{build, expanded, place};
use super::kind::{Kind, Question};
use crate::record::events::Sink;
use crate::record::observations::Observations;
use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::run::pass;
use crate::run::prepared::Prepared;
use crate::run::session::Session;

/// Asks the targets of a session.
pub(super) struct Asker<'a> {
    pub config: &'a RunConfig,
    pub session: &'a Session<'a>,
    pub eapi: Eapi,
}

impl Asker<'_> {
    /// The answers of each target to each question. Questions that one of them left open are asked again in halves, as
    /// another one of the build may have ended it.
    pub(super) fn ask(
        &self,
        kind: &dyn Kind,
        questions: &[Question],
    ) -> Result<Vec<Answers>, RunError> {
        let mut answers = self.once(kind, questions)?;
        let open = |all: &Answers| {
            all.iter()
                .any(|answer| matches!(answer, Answer::Nothing(_)))
        };
        let left: Vec<usize> = (0..questions.len())
            .filter(|at| open(&answers[*at]))
            .collect();
        if questions.len() < 2 || left.is_empty() {
            return Ok(answers);
        }
        for half in left.chunks(left.len().div_ceil(2)) {
            let some: Vec<Question> = half.iter().map(|at| questions[*at].clone()).collect();
            for (at, answer) in half.iter().zip(self.ask(kind, &some)?) {
                answers[*at] = answer;
            }
        }
        Ok(answers)
    }

    fn once(&self, kind: &dyn Kind, questions: &[Question]) -> Result<Vec<Answers>, RunError> {
        let (suite, expanded) = expanded(build(kind, questions), self.eapi);
        let name = expanded.builds[0].name.clone();
        let seen = Observations::default();
        let sinks: Vec<Box<dyn Sink>> = vec![Box::new(seen.clone())];
        let prepared = Prepared::new(Arc::new(suite), expanded)?;
        let results = pass(self.config, self.session, prepared, sinks)?;
        if results.interrupted {
            return Err(crate::provision::Error::Interrupted.into());
        }
        let mut answers = vec![Answers::new(); questions.len()];
        for (position, target) in results.targets.iter().enumerate() {
            let observed = seen.of(position, &name);
            let log = target
                .builds
                .last()
                .map(|build| build.log.as_str())
                .unwrap_or_default();
            let last = log
                .lines()
                .map(str::trim)
                .rfind(|line| !line.is_empty())
                .unwrap_or_default();
            let undone = target.instances.first().filter(|i| {
                matches!(
                    i.verdict,
                    Verdict::Unsupported | Verdict::Skipped | Verdict::Error
                )
            });
            for (at, question) in questions.iter().enumerate() {
                answers[at].push(match (&observed, undone) {
                    (_, Some(instance)) => {
                        Answer::Absent(instance.reason.clone().unwrap_or_default())
                    }
                    (Some(observed), _) => {
                        let (handle, key) = place(kind, at);
                        of(observed, question, &handle, &key, last)
                    }
                    (None, None) => Answer::Nothing(last.to_owned()),
                });
            }
        }
        Ok(answers)
    }
}

/// What a build observed for a question, in the order of what is expected.
fn of(observed: &Observed, question: &Question, handle: &str, key: &str, last: &str) -> Answer {
    let facts = observed.steps.values().flat_map(|step| &step.facts);
    let said: Vec<_> = facts
        .filter(|fact| fact.ebuild == handle)
        .filter_map(|fact| match &fact.said {
            Said::Value(name, value) if name == key => Some((fact.phase.as_str(), value)),
            _ => None,
        })
        .collect();
    let answer = question.expected.iter().map(|(phase, _)| {
        let mut values = said.iter().filter(|(from, _)| from == phase);
        values
            .next()
            .map(|(_, value)| (*phase, value.text().into_owned()))
    });
    match answer.collect::<Option<Vec<_>>>() {
        Some(answer) => Answer::Said(answer),
        None => Answer::Nothing(last.to_owned()),
    }
}

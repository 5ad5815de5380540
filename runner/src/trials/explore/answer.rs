//! What package managers made of a question.

use std::collections::BTreeSet;

use super::kind::Question;

/// The answers of all targets to one question.
pub(super) type Answers = Vec<Answer>;

/// What a target made of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// What it told, by phase.
    Said(Vec<(&'static str, String)>),
    /// Nothing, or not all: the last line of its output.
    Nothing(String),
    /// It was not asked, for this reason.
    Absent(String),
}

/// Positions of the targets whose answers are not the expected one.
pub(super) fn departing(question: &Question, answers: &Answers) -> BTreeSet<usize> {
    let wrong = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| match answer {
            Answer::Said(said) => *said != question.expected,
            Answer::Nothing(_) => true,
            Answer::Absent(_) => false,
        });
    wrong.map(|(target, _)| target).collect()
}

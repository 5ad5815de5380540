//! A difference, as it is shown and written.

use pmsts_testcases::Eapi;
use serde::Serialize;

use super::answer::{Answer, Answers};
use super::case;
use super::kind::{Kind, Question};

/// An input on which a package manager departs from the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// The kind of the input.
    pub kind: &'static str,
    /// The input.
    pub input: String,
    /// What the PMS asks for, according to the model.
    pub expected: String,
    /// What each target said.
    pub said: Vec<(String, String)>,
    /// A case with the input, for a person to judge.
    pub case: String,
}

/// The difference that a question shows.
pub(super) fn difference<'t>(
    targets: impl Iterator<Item = &'t str>,
    kind: &dyn Kind,
    question: &Question,
    answers: &Answers,
    eapi: Eapi,
) -> Difference {
    let said = targets.zip(answers).map(|(target, answer)| {
        let words = match answer {
            Answer::Said(said) => words(said),
            Answer::Nothing(last) => format!("no answer: {last}"),
            Answer::Absent(why) => format!("not asked: {why}"),
        };
        (target.to_owned(), words)
    });
    Difference {
        kind: kind.name(),
        input: question.shown.clone(),
        expected: words(&question.expected),
        said: said.collect(),
        case: case::text(kind, question, eapi),
    }
}

fn words(said: &[(&'static str, String)]) -> String {
    let printable = |text: &String| pmsts_testcases::Value::from(text.as_str()).printable();
    match said {
        [(_, only)] => printable(only),
        several => {
            let each = several
                .iter()
                .map(|(phase, text)| format!("{phase}: {}", printable(text)));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

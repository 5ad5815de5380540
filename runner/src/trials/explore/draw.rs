//! Draws inputs, and shrinks those that differ: all at once, as each try costs a call.

use std::collections::BTreeSet;
use std::time::Instant;

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::answer::{Answers, departing};
use super::kind::{Kind, Question};

/// An input that can be made smaller.
pub(super) type Tree = Box<dyn ValueTree<Value = Question>>;

/// The most tries to make an input smaller.
const TRIES: usize = 60;

/// A source of inputs: the same seed gives the same inputs.
pub(super) fn runner(seed: u64) -> TestRunner {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// The inputs of a round.
pub(super) fn trees(kind: &dyn Kind, runner: &mut TestRunner) -> Vec<Tree> {
    let strategy = kind.strategy();
    let trees = (0..kind.at_once()).filter_map(|_| strategy.new_tree(runner).ok());
    trees.collect()
}

/// A differing input that is being made smaller.
pub(super) struct Shrinking {
    tree: Tree,
    departing: BTreeSet<usize>,
    smallest: Smallest,
    /// Whether the tree holds an input that was made larger again, and was not tried yet.
    larger: bool,
    done: bool,
}

/// The smallest input so far that differs in the same targets.
pub(super) struct Smallest {
    pub question: Question,
    pub answers: Answers,
}

impl Shrinking {
    /// Starts with an input and the targets that depart on it.
    pub(super) fn new(tree: Tree, departing: BTreeSet<usize>, answers: Answers) -> Self {
        Self {
            smallest: Smallest {
                question: tree.current(),
                answers,
            },
            tree,
            departing,
            larger: false,
            done: false,
        }
    }

    /// Takes the answers to the input that was tried.
    fn answered(&mut self, question: Question, answers: Answers) {
        if departing(&question, &answers) == self.departing {
            self.smallest = Smallest { question, answers };
            self.larger = false;
        } else {
            self.larger = self.tree.complicate();
            self.done = !self.larger;
        }
    }
}

/// Makes differing inputs smaller until none can be, or until the deadline.
pub(super) fn shrink<E>(
    mut all: Vec<Shrinking>,
    until: Instant,
    mut ask: impl FnMut(&[Question]) -> Result<Vec<Answers>, E>,
) -> Result<Vec<Smallest>, E> {
    for _ in 0..TRIES {
        let mut tried: Vec<&mut Shrinking> = Vec::new();
        for it in all.iter_mut().filter(|it| !it.done) {
            if it.larger || it.tree.simplify() {
                tried.push(it);
            } else {
                it.done = true;
            }
        }
        if tried.is_empty() || Instant::now() >= until {
            break;
        }
        let questions: Vec<Question> = tried.iter().map(|it| it.tree.current()).collect();
        let answers = ask(&questions)?;
        for ((it, question), answers) in tried.into_iter().zip(questions).zip(answers) {
            it.answered(question, answers);
        }
    }
    Ok(all.into_iter().map(|it| it.smallest).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::trials::explore::answer::Answer;

    #[test]
    fn inputs_that_differ_become_as_small_as_they_can() {
        // A package manager that is wrong from 40 on.
        let question = |n: u32| Question {
            shown: n.to_string(),
            expected: vec![("src_compile", "right".to_owned())],
            ..Question::default()
        };
        let strategy = (0..1000_u32).prop_map(question);
        let answer = |question: &Question| {
            let wrong = question.shown.parse::<u32>().unwrap() >= 40;
            let said = if wrong { "wrong" } else { "right" };
            vec![Answer::Said(vec![("src_compile", said.to_owned())])]
        };
        let mut runner = runner(1);
        let trees = (0..8).map(|_| Box::new(strategy.new_tree(&mut runner).unwrap()) as Tree);
        let differing = trees.filter_map(|tree| {
            let (question, answers) = (tree.current(), answer(&tree.current()));
            let departing = departing(&question, &answers);
            (!departing.is_empty()).then(|| Shrinking::new(tree, departing, answers))
        });
        let until = Instant::now() + Duration::from_secs(60);
        let ask = |questions: &[Question]| Ok::<_, ()>(questions.iter().map(answer).collect());
        let smallest = shrink(differing.collect(), until, ask).unwrap();
        assert!(!smallest.is_empty());
        assert!(smallest.iter().all(|it| it.question.shown == "40"));
    }
}

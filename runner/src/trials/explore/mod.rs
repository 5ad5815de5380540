//! Differential search: draws inputs that the PMS allows, packs them into shared builds, holds what package managers make
//! of them against a model of the PMS, and shrinks what differs. A person judges it.

mod answer;
mod ask;
mod build;
mod case;
mod difference;
mod draw;
mod kind;
mod kinds;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pmsts_testcases::Eapi;
use proptest::strategy::ValueTree;

use crate::run::config::RunConfig;
use crate::run::error::RunError;
use crate::run::session::Session;
use answer::departing;
use ask::Asker;
pub(crate) use build::expanded;
pub(crate) use difference::Difference;
use difference::difference;
use draw::Shrinking;
pub(crate) use kind::Kind;
use kind::Question;
pub(crate) use kinds::KINDS;

/// How long inputs that differ are made smaller after the end of the search.
const SHRINKING: Duration = Duration::from_secs(60);

/// How many differing inputs of one round are shrunk.
const SHRUNK_AT_ONCE: usize = 6;

/// What a search does.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// A round has ended: the kind, how many inputs it had, and how many differed.
    Round(&'static str, usize, usize),
    /// A difference is as small as it gets.
    Found(&'a Difference),
}

/// Searches until the deadline, with inputs that follow from the seed.
pub(crate) fn explore(
    config: &RunConfig,
    session: &Session<'_>,
    (kinds, eapi): (&[&dyn Kind], Eapi),
    (seed, until): (u64, Instant),
    mut tell: impl FnMut(&Step<'_>),
) -> Result<Vec<Difference>, RunError> {
    let mut runner = draw::runner(seed);
    let asker = Asker {
        config,
        session,
        eapi,
    };
    let mut found: Vec<Difference> = Vec::new();
    let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
    let mut first_round = true;
    'search: loop {
        for kind in kinds {
            if Instant::now() >= until && !first_round {
                break 'search;
            }
            let trees = draw::trees(*kind, &mut runner);
            let questions: Vec<Question> = trees.iter().map(ValueTree::current).collect();
            let answers = asker.ask(*kind, &questions)?;
            let asked = trees.into_iter().zip(questions.iter().zip(answers));
            let differing = asked.filter_map(|(tree, (question, answers))| {
                let departing = departing(question, &answers);
                (!departing.is_empty()).then(|| Shrinking::new(tree, departing, answers))
            });
            let mut shrinking: Vec<Shrinking> = differing.collect();
            tell(&Step::Round(kind.name(), questions.len(), shrinking.len()));
            shrinking.truncate(SHRUNK_AT_ONCE);
            for smallest in draw::shrink(shrinking, until + SHRINKING, |questions| {
                asker.ask(*kind, questions)
            })? {
                // Inputs that shrink to the same one show the same thing.
                if seen.insert((kind.name(), smallest.question.shown.clone())) {
                    let (question, answers) = (&smallest.question, &smallest.answers);
                    let difference = difference(session.targets(), *kind, question, answers, eapi);
                    tell(&Step::Found(&difference));
                    found.push(difference);
                }
            }
        }
        first_round = false;
    }
    Ok(found)
}

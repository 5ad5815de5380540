//! Judges the observations of an instance against the expectations of its case. Without I/O.

mod compare;
mod file;
mod implied;
mod judging;
mod observed;
mod progress;
mod sent;
mod verdict;
mod words;

pub use judging::judge;
pub use observed::{Fact, FileSeen, Observed, Said, StepEnd, StepObserved};
pub(crate) use progress::SUCCEEDED;
pub use verdict::{Compared, Judgement, Outcome, Verdict};

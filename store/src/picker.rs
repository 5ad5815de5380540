//! Picks from verdicts in the order of an answer those to show, and says where a page ended.

use crate::error::StoreError;
use crate::question::{Known, Show};

/// A known verdict and its place in the order of an answer.
pub(crate) struct Placed {
    pub(crate) known: Known,
    pub(crate) pm: String,
    pub(crate) place: i64,
}

/// The place of a row in the order of an answer.
pub(crate) struct Cursor(pub(crate) String, pub(crate) String, pub(crate) i64);

impl Cursor {
    pub(crate) fn text(&self) -> String {
        format!("{} {} {}", self.2, self.1, self.0)
    }

    pub(crate) fn read(text: &str) -> Result<Self, StoreError> {
        let mut parts = text.splitn(3, ' ');
        let place = parts.next().and_then(|place| place.parse().ok());
        match (place, parts.next(), parts.next()) {
            (Some(place), Some(pm), Some(name)) => Ok(Self(name.to_owned(), pm.to_owned(), place)),
            _ => Err(StoreError::Question(format!(
                "`{text}` is no `next` of a page"
            ))),
        }
    }
}

/// Picks from the rows, in their order, those to show.
pub(crate) struct Picker {
    show: Show,
    /// The row before.
    last: Option<Placed>,
    /// Whether the first failure of the last row's instance was shown.
    told: bool,
    /// The last row of the page before, which only gives the context.
    after: Option<Cursor>,
}

impl Picker {
    pub(crate) fn new(show: Show, after: Option<Cursor>) -> Self {
        Self {
            show,
            last: None,
            told: false,
            after,
        }
    }

    pub(crate) fn pick(&mut self, row: Placed) -> Option<Known> {
        let same = |last: &Placed| last.known.instance == row.known.instance && last.pm == row.pm;
        let last = self.last.take().filter(same);
        self.told &= last.is_some();
        let before = |last: &Placed| (last.known.release.clone(), last.known.verdict);
        let shown = match self.show {
            Show::All => Some(row.known.clone()),
            Show::FirstFailure => {
                let first = row.known.verdict.is_failure() && !self.told;
                self.told |= first;
                first.then(|| row.known.clone())
            }
            Show::Changes => last
                .filter(|last| last.known.verdict != row.known.verdict)
                .map(|last| Known {
                    before: Some(before(&last)),
                    ..row.known.clone()
                }),
        };
        let was = self
            .after
            .take()
            .is_some_and(|it| it.0 == row.known.instance && it.1 == row.pm && it.2 == row.place);
        self.last = Some(row);
        shown.filter(|_| !was)
    }
}

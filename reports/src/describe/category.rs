//! What an instance counts as: its verdict, unless that means something else to a reader.

use pmsts_testcases::Verdict;

use crate::record::{Instance, LedgerNote, TargetRecord};

/// What an instance counts as. Every instance counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    /// Instances with the verdict that are none of the others.
    Verdict(Verdict),
    /// Failures that mean only that something is accepted.
    Lenient,
    /// Failures that the ledger knows.
    Known,
    /// Passes of which the ledger says that they fail.
    Stale,
}

impl Category {
    /// All, in the order in which reports list them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let verdicts = Verdict::ALL.into_iter().map(Self::Verdict);
        verdicts.chain([Self::Lenient, Self::Known, Self::Stale])
    }

    /// That of an instance.
    pub(crate) fn of(instance: &Instance) -> Self {
        match &instance.ledger {
            Some(LedgerNote::Known { .. }) => Self::Known,
            Some(LedgerNote::Stale) => Self::Stale,
            _ if instance.lenient && instance.verdict.is_failure() => Self::Lenient,
            _ => Self::Verdict(instance.verdict),
        }
    }

    /// Those that a table about these runs shows: passed and failed always, so that a reader does
    /// not wonder; others where there are any.
    pub(crate) fn shown<'a>(targets: impl IntoIterator<Item = &'a TargetRecord>) -> Vec<Self> {
        let targets: Vec<&TargetRecord> = targets.into_iter().collect();
        let always = |kind| matches!(kind, Self::Verdict(Verdict::Passed | Verdict::Failed));
        Self::all()
            .filter(|kind| always(*kind) || targets.iter().any(|target| kind.count(target) > 0))
            .collect()
    }

    /// How many instances of a run count as it.
    pub(crate) fn count(self, target: &TargetRecord) -> usize {
        target
            .instances
            .iter()
            .filter(|i| Self::of(i) == self)
            .count()
    }

    /// The words for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.words(),
            Self::Lenient => "lenient",
            Self::Known => "known",
            Self::Stale => "stale",
        }
    }

    /// Whether a reader should look at it.
    pub(crate) fn is_problem(self) -> bool {
        match self {
            Self::Verdict(verdict) => verdict.is_failure() || verdict == Verdict::Error,
            Self::Lenient | Self::Stale => true,
            Self::Known => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn known() -> LedgerNote {
        LedgerNote::Known {
            kind: "violation".to_owned(),
            reason: "bug 1".to_owned(),
        }
    }

    #[test]
    fn an_instance_counts_once() {
        let failed = || sample::instance("a", Verdict::Failed, b"b");
        let lenient = Instance {
            lenient: true,
            ..failed()
        };
        let with = |note| Instance {
            ledger: Some(note),
            ..lenient.clone()
        };
        let passed = Instance {
            lenient: true,
            ..sample::instance("a", Verdict::Passed, b"a")
        };
        let how = String::new();
        for (instance, kind) in [
            (failed(), Category::Verdict(Verdict::Failed)),
            (lenient.clone(), Category::Lenient),
            (with(known()), Category::Known),
            (with(LedgerNote::Changed { how }), Category::Lenient),
            (with(LedgerNote::Stale), Category::Stale),
            (passed, Category::Verdict(Verdict::Passed)),
        ] {
            assert_eq!(Category::of(&instance), kind, "{instance:?}");
        }
    }
}

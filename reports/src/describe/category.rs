//! The category that reports count an instance in: its verdict, or one that says more than the verdict.

use pmsts_testcases::Verdict;

use crate::record::{Instance, LedgerNote, TargetRecord};

/// The category of an instance. Every instance has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    /// Instances with this verdict that are in no other category.
    Verdict(Verdict),
    /// Failures that mean only that the package manager accepts something that the PMS forbids ebuilds to do.
    Lenient,
    /// Failures that the ledger lists.
    Known,
    /// Passes that the ledger lists as failures.
    Stale,
}

impl Category {
    /// All categories, in the order in which reports list them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let verdicts = Verdict::ALL.into_iter().map(Self::Verdict);
        verdicts.chain([Self::Lenient, Self::Known, Self::Stale])
    }

    /// The category of an instance.
    pub(crate) fn of(instance: &Instance) -> Self {
        match &instance.ledger {
            Some(LedgerNote::Known { .. }) => Self::Known,
            Some(LedgerNote::Stale { .. }) => Self::Stale,
            _ if instance.lenient && instance.verdict.is_failure() => Self::Lenient,
            _ => Self::Verdict(instance.verdict),
        }
    }

    /// The columns of a table about these targets: always passed and failed; other categories only where an
    /// instance is in them.
    pub(crate) fn shown<'a>(targets: impl IntoIterator<Item = &'a TargetRecord>) -> Vec<Self> {
        let targets: Vec<&TargetRecord> = targets.into_iter().collect();
        let always = |kind| matches!(kind, Self::Verdict(Verdict::Passed | Verdict::Failed));
        Self::all()
            .filter(|kind| always(*kind) || targets.iter().any(|target| kind.count(target) > 0))
            .collect()
    }

    /// The number of instances of a target in this category.
    pub(crate) fn count(self, target: &TargetRecord) -> usize {
        target
            .instances
            .iter()
            .filter(|i| Self::of(i) == self)
            .count()
    }

    /// The category in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.words(),
            Self::Lenient => "lenient",
            Self::Known => "known",
            Self::Stale => "stale",
        }
    }

    /// Whether a reader should look at instances of this category.
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
            finding: String::new(),
            title: String::new(),
            shipped: false,
        }
    }

    #[test]
    fn an_instance_has_one_category() {
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
        let (finding, title) = (String::new(), String::new());
        let changed = LedgerNote::Changed {
            how: String::new(),
            finding: finding.clone(),
            title: title.clone(),
        };
        let stale = LedgerNote::Stale {
            finding,
            title,
            shipped: false,
        };
        for (instance, kind) in [
            (failed(), Category::Verdict(Verdict::Failed)),
            (lenient.clone(), Category::Lenient),
            (with(known()), Category::Known),
            (with(changed), Category::Lenient),
            (with(stale), Category::Stale),
            (passed, Category::Verdict(Verdict::Passed)),
        ] {
            assert_eq!(Category::of(&instance), kind, "{instance:?}");
        }
    }
}

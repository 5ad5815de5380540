//! Decides whether a case noticed a sabotage.

use crate::expand::Instance;
use crate::judge::{Compared, Judgement, Outcome, SUCCEEDED};
use crate::model::{Address, Check, Ending, What};

/// Whether the case noticed a sabotage: an expected observation differs, or is missing although the build
/// succeeded otherwise. If the sabotage merely broke the build, the case did not notice it.
pub fn noticed(instance: &Instance, judgement: &Judgement) -> bool {
    if !judgement.verdict.is_failure() || judgement.reason.is_some() {
        return false;
    }
    let Some(parts) = Parts::of(instance, judgement) else {
        return false;
    };
    let went_well = parts.unsaid.iter().all(|f| f.outcome == Outcome::Met);
    let by_ending = (parts.endings.iter())
        .any(|(ending, f)| f.outcome == Outcome::Differs && is_of_its_own(ending, f));
    let only_accepted = (parts.asked.iter()).all(|(address, _)| is_of_the_vdb(address));
    let by_value = parts.asked.iter().any(|(address, f)| match f.outcome {
        Outcome::Differs => {
            went_well || is_sent(address) || only_accepted && address.what == What::Installed
        }
        Outcome::Missing => went_well && parts.endings.iter().all(|e| e.1.outcome == Outcome::Met),
        Outcome::Met | Outcome::Recorded => false,
    });
    by_ending || by_value
}

/// Whether the case noticed it by a differing value of a build that ended as expected. The other builds
/// of the same call cannot have caused that.
pub fn noticed_for_sure(instance: &Instance, judgement: &Judgement) -> bool {
    let Some(parts) = Parts::of(instance, judgement) else {
        return false;
    };
    let endings = parts.endings.iter().map(|(_, compared)| *compared);
    let mut ends = endings.chain(parts.unsaid.iter().copied());
    let mut asked = parts.asked.iter();
    noticed(instance, judgement)
        && ends.all(|f| f.outcome == Outcome::Met)
        && asked
            .any(|(address, f)| f.outcome == Outcome::Differs && address.what != What::Installed)
}

/// The comparisons of an instance, by kind of expectation.
struct Parts<'a> {
    /// The expected endings.
    endings: Vec<(&'a Ending, &'a Compared)>,
    /// The implied expectations.
    unsaid: Vec<&'a Compared>,
    /// All other expectations.
    asked: Vec<(&'a Address, &'a Compared)>,
}

impl<'a> Parts<'a> {
    /// Splits the comparisons of a judgement: those of implied expectations come first, then those of the
    /// case, in its order. None if the judgement does not have all of them, because nothing ran.
    fn of(instance: &'a Instance, judgement: &'a Judgement) -> Option<Self> {
        let asks: Vec<&Address> = (instance.expect.iter())
            .filter(|(_, check)| !matches!(check, Check::Ending(_)))
            .map(|(address, _)| address)
            .collect();
        let implied = judgement.compared.len().checked_sub(asks.len())?;
        let (implied, asked) = judgement.compared.split_at(implied);
        let mut parts = Self {
            endings: Vec::new(),
            unsaid: Vec::new(),
            asked: asks.into_iter().zip(asked).collect(),
        };
        for (position, compared) in implied.iter().enumerate() {
            match ending_of(instance, compared, position == 0) {
                Some(ending) => parts.endings.push((ending, compared)),
                None => parts.unsaid.push(compared),
            }
        }
        Some(parts)
    }
}

/// The ending that the case expects of the compared step. An address without a step is the first.
fn ending_of<'a>(
    instance: &'a Instance,
    compared: &Compared,
    is_first: bool,
) -> Option<&'a Ending> {
    let step = compared.address.strip_suffix("/outcome")?;
    instance
        .expect
        .iter()
        .find_map(|(address, check)| match (check, &address.step) {
            (Check::Ending(ending), Some(name)) if name == step => Some(ending),
            (Check::Ending(ending), None) if is_first => Some(ending),
            _ => None,
        })
}

/// Whether a differing ending is noticed: a build that must die in a phase and fails in another way was
/// merely broken.
fn is_of_its_own(ending: &Ending, compared: &Compared) -> bool {
    let succeeded = || {
        (compared.actual.as_ref()).is_some_and(|actual| actual.0.starts_with(SUCCEEDED.as_bytes()))
    };
    !matches!(ending, Ending::Dies(_)) || succeeded()
}

/// Whether a phase sent the observation. It is valid even if the build failed later, unlike files, the vdb
/// and the list of phases.
fn is_sent(address: &Address) -> bool {
    matches!(address.what, What::Sent { .. })
}

/// Whether the observation is about the vdb. A case that expects nothing else expects that the package is
/// accepted.
fn is_of_the_vdb(address: &Address) -> bool {
    matches!(address.what, What::Installed | What::Vdb(_))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::judge::{Fact, FileSeen, Observed, Said, StepEnd, StepObserved, judge};
    use crate::model::Build;
    use crate::{EapiChoice, Selection, Suite, Variant, expand, select};

    pub(in super::super) fn instance(expect: &str) -> (Instance, Build) {
        let text = format!(
            "[[case]]\nid = \"a\"\ntitle = \"t\"\nsection = \"s\"\nrequirements = [\"ebuild-functions.default-exists-for-every-phase\"]\n\
             [case.ebuild]\nsrc_install = 'observe k x'\n[case.expect]\n{expect}\n"
        );
        let suite = Suite::with_text("c", &text).unwrap();
        let eapis = EapiChoice::Latest;
        let chosen = select(
            &suite,
            &Selection {
                eapis,
                ..Selection::default()
            },
        );
        let mut expanded = expand(&suite, &chosen.unwrap(), Variant::Plain).unwrap();
        (
            expanded.instances.remove(0),
            expanded.builds.remove(0).build,
        )
    }

    /// A step that ended in this way, installed or not, with an absent file and values of `k`.
    pub(in super::super) fn observed(end: StepEnd, installed: bool, values: &[&str]) -> Observed {
        let mut step = StepObserved {
            end,
            ..StepObserved::default()
        };
        if installed {
            step.vdb.insert("main".to_owned(), [].into());
        }
        step.files.insert("/p".to_owned(), FileSeen::absent());
        for value in values {
            step.facts.push(Fact {
                ebuild: "main".to_owned(),
                phase: "src_install".to_owned(),
                said: Said::Value("k".to_owned(), (*value).into()),
            });
        }
        Observed {
            steps: [("install".to_owned(), step)].into(),
        }
    }

    #[test]
    fn what_merely_broke_is_no_merit() {
        let failed = || StepEnd::Failed("exit status 1".to_owned());
        let well = || StepEnd::Succeeded;
        let value = "\"src_install.k\" = \"x\"";
        let file = "\"file /p\" = { type = \"file\" }";
        let accepted = "installed = true";
        let both = "installed = true\n\"src_install.k\" = \"x\"";
        let dies = "outcome = \"dies in src_install\"";
        let table = [
            (value, observed(well(), true, &["x"]), false),
            (value, observed(well(), true, &["y"]), true),
            (value, observed(well(), true, &[]), true),
            (value, observed(failed(), false, &[]), false),
            (value, observed(failed(), false, &["y"]), true),
            (file, observed(well(), true, &[]), true),
            (file, observed(failed(), false, &[]), false),
            (accepted, observed(failed(), false, &[]), true),
            (both, observed(failed(), false, &["x"]), false),
            (dies, observed(well(), true, &[]), true),
            (dies, observed(failed(), false, &[]), false),
            ("outcome = \"refused\"", observed(well(), true, &[]), true),
        ];
        for (expect, observed, wanted) in table {
            let (instance, build) = instance(expect);
            let judgement = judge(&instance, &build, &observed);
            assert_eq!(
                noticed(&instance, &judgement),
                wanted,
                "{expect} {judgement:?}"
            );
        }
    }

    #[test]
    fn only_a_value_of_a_build_that_ended_well_is_sure() {
        let (instance, build) = instance("\"src_install.k\" = \"x\"");
        let sure =
            |observed: &Observed| noticed_for_sure(&instance, &judge(&instance, &build, observed));
        assert!(sure(&observed(StepEnd::Succeeded, true, &["y"])));
        assert!(!sure(&observed(StepEnd::Succeeded, true, &[])));
        assert!(!sure(&observed(
            StepEnd::Failed(String::new()),
            false,
            &["y"]
        )));
    }
}

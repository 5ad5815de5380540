//! Checks that a case can fail: a pass must rest on something that was seen, and silence is none.

use super::fault::{Fault, Span};
use super::item::Placed;
use crate::model::{
    Build, Check, Eapi, EapiSet, Ending, Expectation, FileCheck, FileKind, Step, What,
};

/// Refuses a judged case that a package manager passes which does nothing at all, in any of the EAPIs.
pub(super) fn fallible(
    expect: &[Placed<Expectation>],
    build: &Build,
    eapis: EapiSet,
    id: &Span,
) -> Result<(), Fault> {
    let expect: Vec<&Expectation> = expect.iter().map(|it| &it.value).collect();
    let Some(eapi) = eapis.iter().find(|eapi| is_vacuous(&expect, build, *eapi)) else {
        return Ok(());
    };
    Err(Fault::new(
        id.clone(),
        format!(
            "in EAPI {eapi} the case passes whatever happens, as steps may fail and nothing has to be seen: expect a \
             value, or an outcome other than `either`, or mark the case as `undefined`"
        ),
    ))
}

fn is_vacuous(expect: &[&Expectation], build: &Build, eapi: Eapi) -> bool {
    let checks: Vec<(&What, &Check)> = expect
        .iter()
        .filter_map(|it| Some((&it.address.what, it.check(eapi)?)))
        .collect();
    let is_judged = checks.iter().any(|(_, check)| **check != Check::Recorded);
    let is_demanding = checks.iter().any(|(what, check)| demands(what, check));
    is_judged && !is_demanding && !ends_in_one_way(expect, build, eapi)
}

/// Whether a step up to the last one that the case names must end in one certain way.
fn ends_in_one_way(expect: &[&Expectation], build: &Build, eapi: Eapi) -> bool {
    let named = |step: &Step, it: &&Expectation| {
        it.address.step_in(build) == Some(step.name.as_str()) && it.check(eapi).is_some()
    };
    let is_named = |step: &Step| expect.iter().any(|it| named(step, it));
    let last = build.steps.iter().rposition(is_named).unwrap_or_default();
    let may_fail = |step: &Step| {
        let endings = expect.iter().filter(|it| named(step, it));
        let mut checks = endings.filter_map(|it| it.check(eapi));
        checks.any(|check| *check == Check::Ending(Ending::Either))
    };
    build
        .steps
        .iter()
        .take(last + 1)
        .any(|step| !may_fail(step))
}

/// Whether the check fails where nothing is seen.
fn demands(what: &What, check: &Check) -> bool {
    let is_silence = match check {
        Check::Absent | Check::Recorded | Check::Ending(Ending::Either) | Check::Is(false) => true,
        Check::File(FileCheck { kind, .. }) => *kind == Some(FileKind::Absent),
        // What is a list is there even where it is empty.
        Check::Lacks(_) | Check::MatchesNot(_) | Check::Not(_) => {
            matches!(what, What::Phases | What::Calls | What::Requests)
        }
        Check::Sequence(values) => values.is_empty(),
        _ => false,
    };
    !is_silence
}

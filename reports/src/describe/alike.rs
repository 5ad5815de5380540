//! What is told once: instances that differ by their EAPI alone. And what is told of one in a line.

use pmsts_testcases::{Compared, Outcome};

use crate::describe::category::Category;
use crate::record::{Instance, LedgerNote, TargetRecord};

/// Instances that differ by their EAPI alone.
pub(crate) type Alike<'a> = Vec<&'a Instance>;

/// Adds an instance to those like it, or as the first of its kind.
pub(crate) fn add<'a>(groups: &mut Vec<Alike<'a>>, instance: &'a Instance) {
    let said = |i: &'a Instance| {
        let about = (&i.case, &i.row, i.verdict, &i.reason);
        (about, &i.compared, &i.ledger)
    };
    match groups
        .iter_mut()
        .find(|alike| said(alike[0]) == said(instance))
    {
        Some(alike) => alike.push(instance),
        None => groups.push(vec![instance]),
    }
}

/// Whether a reader should look at it: it departs and is not known to, the ledger is stale, or our
/// side broke.
pub(crate) fn is_problem(instance: &Instance) -> bool {
    Category::of(instance).is_problem()
}

/// The problems of a run, told once each.
pub(crate) fn problems(target: &TargetRecord) -> Vec<Alike<'_>> {
    let mut groups = Vec::new();
    for instance in target.instances.iter().filter(|i| is_problem(i)) {
        add(&mut groups, instance);
    }
    groups
}

/// Their EAPIs, in words.
pub(crate) fn eapis(alike: &[&Instance]) -> String {
    let eapis: Vec<&str> = alike.iter().map(|i| i.eapi.as_str()).collect();
    eapis.join(", ")
}

/// What does not hold.
pub(crate) fn bad(instance: &Instance) -> impl Iterator<Item = &Compared> {
    let mut compared = instance.compared.iter();
    std::iter::from_fn(move || {
        compared.find(|f| matches!(f.outcome, Outcome::Differs | Outcome::Missing))
    })
}

/// Why an instance has its verdict, in one sentence.
pub(crate) fn why(instance: &Instance) -> String {
    if instance.ledger == Some(LedgerNote::Stale) {
        return "the ledger knows it as failing, and it passed".to_owned();
    }
    match (&instance.reason, bad(instance).next()) {
        (Some(reason), _) => reason.clone(),
        (None, Some(f)) => format!("{}: expected {}, {}", f.address, f.expected, actual(f)),
        (None, None) => instance.verdict.words().to_owned(),
    }
}

/// What was observed, in words.
pub(crate) fn actual(compared: &Compared) -> String {
    match (&compared.actual, &compared.note) {
        (Some(value), _) => format!("actual `{value}`"),
        (None, Some(note)) => format!("not observed ({note})"),
        (None, None) => "not observed".to_owned(),
    }
}

/// What a ledger or a second try says of an instance, a sentence each.
pub(crate) fn notes(instance: &Instance) -> Vec<String> {
    let ledger = instance.ledger.as_ref().map(|note| match note {
        LedgerNote::Known { kind, reason } => format!("known {kind}: {reason}"),
        LedgerNote::Changed { how } => format!("the ledger knows it otherwise: {how}"),
        LedgerNote::Stale => why(instance),
    });
    let lenient = instance.lenient && instance.verdict.is_failure();
    let lenient = lenient.then(|| "lenient: it accepts what ebuilds must not do".to_owned());
    let flaky = instance
        .flaky
        .then(|| "flaky: it passed when tried again".to_owned());
    ledger.into_iter().chain(lenient).chain(flaky).collect()
}

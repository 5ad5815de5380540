//! Groups instances that differ only by EAPI, so that they are reported once, and describes an instance in one line.

use pmsts_testcases::{Compared, Outcome, Verdict};

use crate::describe::category::Category;
use crate::record::{Instance, LedgerNote, TargetRecord};

/// The sentence on an instance that passed although the ledger lists it as failing.
pub(crate) const STALE: &str = "the ledger lists it as failing, but it passed";
/// The sentence on an instance that failed and then passed.
pub(crate) const FLAKY: &str = "flaky: it failed, and passed when it was retried";

/// Instances that differ only by EAPI.
pub(crate) type Alike<'a> = Vec<&'a Instance>;

/// Adds an instance to the group that it belongs to, or starts a new group.
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

/// Whether a reader should look at the instance: it fails and the ledger does not list it, the ledger is stale, or the
/// test harness broke.
pub(crate) fn is_problem(instance: &Instance) -> bool {
    Category::of(instance).is_problem()
}

/// Whether what machines read says that the instance failed: it makes the run fail, or the test harness broke.
pub(crate) fn fails(instance: &Instance) -> bool {
    instance.fails_the_run() || instance.verdict == Verdict::Error
}

/// The instances of a target that are problems, grouped.
pub(crate) fn problems(target: &TargetRecord) -> Vec<Alike<'_>> {
    let mut groups = Vec::new();
    for instance in target.instances.iter().filter(|i| is_problem(i)) {
        add(&mut groups, instance);
    }
    groups
}

/// The EAPIs of the instances, separated by commas.
pub(crate) fn eapis(alike: &[&Instance]) -> String {
    let eapis: Vec<&str> = alike.iter().map(|i| i.eapi.as_str()).collect();
    eapis.join(", ")
}

/// The comparisons whose expectation does not hold.
pub(crate) fn bad(instance: &Instance) -> impl Iterator<Item = &Compared> {
    let mut compared = instance.compared.iter();
    std::iter::from_fn(move || {
        compared.find(|f| matches!(f.outcome, Outcome::Differs | Outcome::Missing))
    })
}

/// Why an instance has its verdict, in one sentence.
pub(crate) fn why(instance: &Instance) -> String {
    match &instance.ledger {
        Some(LedgerNote::Stale { .. }) => return STALE.to_owned(),
        Some(LedgerNote::Blocked { finding, title }) => {
            return format!("blocked by {finding}: {title}");
        }
        _ => {}
    }
    match (&instance.reason, bad(instance).next()) {
        (Some(reason), _) => reason.clone(),
        (None, Some(f)) => format!("{}: expected {}, {}", f.address, f.expected, actual(f)),
        (None, None) => instance.verdict.words().to_owned(),
    }
}

/// The observed value, in words.
pub(crate) fn actual(compared: &Compared) -> String {
    match (&compared.actual, &compared.note) {
        (Some(value), _) => format!("actual `{value}`"),
        (None, Some(note)) => format!("not observed ({note})"),
        (None, None) => "not observed".to_owned(),
    }
}

/// The known finding that an instance shows, in one sentence.
pub(crate) fn known(instance: &Instance) -> Option<String> {
    match &instance.ledger {
        Some(LedgerNote::Known { kind, reason, .. }) => Some(match instance.finding() {
            Some((id, title)) => format!("known {kind} {id}: {title}. {reason}"),
            None => format!("known {kind}: {reason}"),
        }),
        _ => None,
    }
}

/// Notes on an instance: the ledger, leniency and retries, a sentence each.
pub(crate) fn notes(instance: &Instance) -> Vec<String> {
    let ledger = instance.ledger.as_ref().map(|note| match note {
        LedgerNote::Known { .. } => known(instance).unwrap_or_default(),
        LedgerNote::Changed { how, .. } => match instance.finding() {
            Some((id, _)) => format!("it fails differently from the ledger's {id}: {how}"),
            None => format!("it fails differently from the ledger: {how}"),
        },
        LedgerNote::Stale { .. } | LedgerNote::Blocked { .. } => why(instance),
    });
    let lenient = instance.lenient && instance.verdict.is_failure();
    let lenient = lenient
        .then(|| "lenient: it accepts something that the PMS forbids ebuilds to do".to_owned());
    let flaky = instance.flaky.then(|| FLAKY.to_owned());
    ledger.into_iter().chain(lenient).chain(flaky).collect()
}

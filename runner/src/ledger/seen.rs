//! What a failing instance showed, in the words that a ledger keeps.

use indexmap::IndexMap;
use pmsts_reports::record::Instance;
use pmsts_testcases::{Outcome, Value, Verdict};

use super::Known;

/// The most that is kept of a value, in characters.
const KEPT: usize = 300;

/// What a failing instance showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenValues {
    pub(super) verdict: Verdict,
    pub(super) actual: IndexMap<String, String>,
    pub(super) missing: Vec<String>,
}

impl SeenValues {
    pub(super) fn of(instance: &Instance) -> Self {
        let mut seen = Self {
            verdict: instance.verdict,
            actual: IndexMap::new(),
            missing: Vec::new(),
        };
        // What came before a limit is chance.
        if instance.reason.is_some() {
            return seen;
        }
        for compared in &instance.compared {
            let address = in_any_eapi(&compared.address, &instance.eapi);
            match (compared.outcome, &compared.actual) {
                (Outcome::Differs, Some(value)) => {
                    let text = words(value, &instance.eapi);
                    seen.actual.insert(address, text);
                }
                (Outcome::Missing, _) => seen.missing.push(address),
                _ => {}
            }
        }
        seen
    }

    /// How it differs from what is known.
    pub(super) fn unlike(&self, known: &Known) -> Option<String> {
        if self.verdict != known.verdict {
            let words = known.verdict.words();
            return Some(format!("known as {words}"));
        }
        if known.actual.is_empty() && known.missing.is_empty() {
            return None;
        }
        if self.missing != known.missing {
            return Some(format!("known to lack {}", list(&known.missing)));
        }
        let other = self
            .actual
            .iter()
            .find(|(address, value)| known.actual.get(*address) != Some(*value));
        if let Some((address, _)) = other {
            return Some(match known.actual.get(address) {
                Some(value) => format!("{address} is known to be `{value}`"),
                None => format!("{address} is not known to differ"),
            });
        }
        let gone = known.actual.keys().find(|a| !self.actual.contains_key(*a));
        gone.map(|address| format!("{address} is known to differ"))
    }
}

fn list(addresses: &[String]) -> String {
    if addresses.is_empty() {
        "nothing".to_owned()
    } else {
        addresses.join(", ")
    }
}

/// Packages are called after their EAPI, and so are paths below their names.
fn in_any_eapi(text: &str, eapi: &str) -> String {
    text.replace(&format!("-e{eapi}"), "-e@eapi@")
}

/// A value in words: short, the same in every EAPI, and without what differs from run to run.
fn words(value: &Value, eapi: &str) -> String {
    let same = in_any_eapi(&value.printable(), eapi);
    match same.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{} …", &same[..end]),
        None => same,
    }
}

//! The verdict and the values of a failing instance, as a ledger keeps them.

use indexmap::IndexMap;
use pmsts_reports::record::Instance;
use pmsts_testcases::{Outcome, Value, Verdict};

use super::Known;

/// The most that is kept of a value, in characters.
const KEPT: usize = 300;

/// The verdict and the values of a failing instance.
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
        // After an error or a limit, it is chance which values were observed.
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

    /// How it differs from a known departure, if it does.
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

/// Replaces the EAPI in names of packages, and in paths that contain such a name.
fn in_any_eapi(text: &str, eapi: &str) -> String {
    text.replace(&format!("-e{eapi}"), "-e@eapi@")
}

/// A value as text: cut to a length, and the same in every EAPI.
fn words(value: &Value, eapi: &str) -> String {
    let same = in_any_eapi(&value.printable(), eapi);
    match same.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{} …", &same[..end]),
        None => same,
    }
}

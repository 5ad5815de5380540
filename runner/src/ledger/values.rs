//! The verdict and the values of a failing instance, as a ledger keeps them.

use indexmap::IndexMap;
use pmsts_reports::record::Instance;
use pmsts_testcases::{Compared, Outcome, Verdict};

use super::{Seen, lists};

/// The most that is kept of a value, in characters.
const KEPT: usize = 300;

/// The verdict and the values of a failing instance.
#[derive(Debug, Clone)]
pub(super) struct Values<'a> {
    pub(super) verdict: Verdict,
    pub(super) missing: Vec<String>,
    differing: Vec<(String, &'a Compared)>,
    eapi: &'a str,
}

impl<'a> Values<'a> {
    pub(super) fn of(instance: &'a Instance) -> Self {
        let mut seen = Self {
            verdict: instance.verdict,
            missing: Vec::new(),
            differing: Vec::new(),
            eapi: &instance.eapi,
        };
        // After an error or a limit, it is chance which values were observed.
        if instance.reason.is_some() {
            return seen;
        }
        for compared in &instance.compared {
            let address = in_any_eapi(&compared.address, &instance.eapi);
            match compared.outcome {
                Outcome::Differs if compared.actual.is_some() => {
                    seen.differing.push((address, compared));
                }
                Outcome::Missing => seen.missing.push(address),
                _ => {}
            }
        }
        seen
    }

    /// The values as a ledger keeps them, by address.
    pub(super) fn actual(&self) -> IndexMap<String, String> {
        let kept = |(address, compared): &(String, &Compared)| {
            let (whole, different) = self.forms(compared);
            (address.clone(), different.unwrap_or(whole))
        };
        self.differing.iter().map(kept).collect()
    }

    /// How it differs from an entry of the ledger, if it does.
    pub(super) fn unlike(&self, known: &Seen) -> Option<String> {
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
        for (address, compared) in &self.differing {
            match known.actual.get(address) {
                Some(value) if self.is_known(compared, value) => {}
                Some(value) => return Some(format!("{address} is known to be `{value}`")),
                None => return Some(format!("{address} is not known to differ")),
            }
        }
        let differs = |address: &&String| self.differing.iter().any(|(a, _)| a == *address);
        let gone = known.actual.keys().find(|address| !differs(address));
        gone.map(|address| format!("{address} is known to differ"))
    }

    /// Whether the value is the one that the ledger has: the same text, or the same elements of a list.
    fn is_known(&self, compared: &Compared, known: &str) -> bool {
        let (whole, different) = self.forms(compared);
        known == whole
            || different.is_some_and(|different| {
                let known_difference = lists::difference(compared, &known.replace("\\n", "\n"));
                known == different || known_difference == Some(different)
            })
    }

    /// The whole value, cut to a length, and if it is a list what differs in it; both the same in every EAPI.
    fn forms(&self, compared: &Compared) -> (String, Option<String>) {
        let Some(value) = &compared.actual else {
            return (String::new(), None);
        };
        let whole = cut(&in_any_eapi(&value.printable(), self.eapi));
        let different = lists::difference(compared, &value.text());
        let different = different.map(|text| in_any_eapi(&text, self.eapi));
        (whole, different.map(|text| cut(&text)))
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

fn cut(text: &str) -> String {
    match text.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

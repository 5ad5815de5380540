//! What the suite knows of a label of the PMS, or of a word: a command, a variable, a phase.

use std::collections::BTreeMap;

use pmsts_reports::record::Results;
use pmsts_testcases::model::{Case, is_phase};
use pmsts_testcases::{Requirement, Section, Suite};
use serde::Serialize;

use super::known::{Known, known};
use crate::ledger::{Finding, Ledger};

/// All that the suite knows of a label or word.
#[derive(Debug, Serialize)]
pub(super) struct Topic<'a> {
    pub(super) id: &'a str,
    /// `label`, `phase`, `variable` or `word`.
    pub(super) kind: &'static str,
    /// Number and title of the section that a label stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) section: Option<String>,
    pub(super) requirements: Vec<&'a Requirement>,
    pub(super) cases: Vec<About<'a>>,
    pub(super) findings: Vec<Known<'a>>,
    /// What records say of the cases, one entry for each target.
    pub(super) targets: Vec<Counted>,
}

/// A case of a topic.
#[derive(Debug, Serialize)]
pub(super) struct About<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) eapis: String,
}

/// The verdicts of a topic's cases on one target.
#[derive(Debug, Serialize)]
pub(super) struct Counted {
    pub(super) target: String,
    /// Number of instances by verdict.
    pub(super) verdicts: BTreeMap<&'static str, usize>,
    /// Ids of the known findings that were seen.
    pub(super) findings: Vec<String>,
}

/// What an id stands for that names neither a case nor a requirement.
enum Sought<'a> {
    /// A label, and its section.
    Label(&'a str, Option<&'static Section>),
    Word(&'a str),
}

impl<'a> Topic<'a> {
    /// What is known of the id; `None` if that is nothing.
    pub(super) fn of(id: &'a str, suite: &'a Suite, ledgers: &'a [Ledger]) -> Option<Self> {
        let sought = Sought::of(id);
        let mut requirements: Vec<&Requirement> = suite.catalogue.values().collect();
        requirements.retain(|requirement| sought.is_about(requirement));
        // Those that bear the word in their id are about it; others only mention it.
        requirements.sort_by_key(|requirement| !sought.is_in_id(&requirement.id));
        let verifies = |case: &Case| {
            let mut ids = case.requirements.iter();
            ids.any(|id| requirements.iter().any(|requirement| requirement.id == *id))
        };
        let cases = suite.cases.iter();
        let cases: Vec<&Case> = cases
            .filter(|case| sought.is_of(case) || verifies(case))
            .collect();
        let shown = |finding: &Finding| {
            let mut seen = finding.seen.iter();
            sought.departs(finding) || seen.any(|seen| cases.iter().any(|it| it.id == seen.case))
        };
        let findings = known(ledgers, shown);
        if requirements.is_empty() && cases.is_empty() && findings.is_empty() {
            return None;
        }
        Some(Self {
            id,
            kind: sought.kind(),
            section: sought.section().map(Section::name),
            requirements,
            cases: cases.iter().map(|case| About::of(case)).collect(),
            findings,
            targets: Vec::new(),
        })
    }

    /// Adds what a record, with known findings marked, says of the cases.
    pub(super) fn count(&mut self, results: &Results) {
        for target in &results.targets {
            let instances = target.instances.iter();
            let instances =
                instances.filter(|one| self.cases.iter().any(|case| case.id == one.case));
            let mut counted = Counted {
                target: target.name.clone(),
                verdicts: BTreeMap::new(),
                findings: Vec::new(),
            };
            for instance in instances {
                *counted
                    .verdicts
                    .entry(instance.verdict.words())
                    .or_default() += 1;
                if let Some((id, _)) = instance.finding()
                    && instance.is_known()
                    && !counted.findings.iter().any(|known| known == id)
                {
                    counted.findings.push(id.to_owned());
                }
            }
            self.targets.push(counted);
        }
    }
}

impl<'a> About<'a> {
    fn of(case: &'a Case) -> Self {
        Self {
            id: &case.id,
            title: &case.title,
            eapis: case.eapis.to_string(),
        }
    }
}

impl<'a> Sought<'a> {
    fn of(id: &'a str) -> Self {
        if id.contains(':') {
            Self::Label(id, Section::find(None, id))
        } else {
            Self::Word(id)
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Label(..) => "label",
            Self::Word(word) if is_phase(word) => "phase",
            Self::Word(word) if is_variable(word) => "variable",
            Self::Word(_) => "word",
        }
    }

    fn section(&self) -> Option<&'static Section> {
        match self {
            Self::Label(_, section) => *section,
            Self::Word(_) => None,
        }
    }

    fn is_about(&self, requirement: &Requirement) -> bool {
        match self {
            Self::Label(label, _) => requirement.section == *label,
            Self::Word(word) => {
                names(&requirement.statement, word) || self.is_in_id(&requirement.id)
            }
        }
    }

    /// Whether the part of a requirement's id that follows the chapter bears the word.
    fn is_in_id(&self, id: &str) -> bool {
        let slug = id.split_once('.').map_or(id, |(_, slug)| slug);
        matches!(self, Self::Word(word) if !is_variable(word) && bears(slug, word))
    }

    fn is_of(&self, case: &Case) -> bool {
        match self {
            Self::Label(label, _) => case.section == *label,
            Self::Word(word) => names(&case.title, word),
        }
    }

    fn departs(&self, finding: &Finding) -> bool {
        match self {
            Self::Label(label, _) => finding.sections.iter().any(|section| section == label),
            Self::Word(word) => names(&finding.title, word),
        }
    }
}

/// Whether it is written as variables are. `A` and `T` are, too.
fn is_variable(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Whether the text names the word: it stands there and is not a part of a longer name.
fn names(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Whether the words of a slug, which hyphens join, include the word. An underscore is a hyphen there.
fn bears(slug: &str, word: &str) -> bool {
    let word = word.replace('_', "-");
    format!("-{slug}-").contains(&format!("-{word}-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_found_inside_a_longer_one() {
        assert!(names("dosym creates links", "dosym"));
        assert!(names("links (see `dosym`)", "dosym"));
        assert!(names("${ED}/usr", "ED"));
        assert!(!names("RESTRICTED", "ED"));
        assert!(!names("src_install_hook", "src_install"));
        assert!(bears("dosym-r-relative", "dosym"));
        assert!(bears("order-src-install", "src_install"));
        assert!(!bears("dosymlink", "dosym"));
    }

    #[test]
    fn every_kind_is_told_apart() {
        let kinds = ["feat:nonfatal", "src_install", "ED", "dosym"].map(|id| Sought::of(id).kind());
        assert_eq!(kinds, ["label", "phase", "variable", "word"]);
    }

    #[test]
    fn every_label_of_the_catalogue_and_every_phase_is_known() {
        let suite = Suite::embedded().unwrap();
        let ledgers = Ledger::shipped().unwrap();
        let labels = suite.catalogue.values().map(|it| it.section.as_str());
        let phases = pmsts_testcases::model::PHASES.iter().map(|(name, _)| *name);
        for id in labels.chain(phases) {
            assert!(Topic::of(id, &suite, &ledgers).is_some(), "{id}");
        }
    }
}

//! Sections of the PMS under the numbers and titles that its readers know, by the labels that the catalogue uses.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// Where the PMS is published.
pub const PMS_PAGE: &str = "https://projects.gentoo.org/pms/latest/pms.html";

/// A section of the PMS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "(String, String)")]
pub struct Section {
    /// Its number: `8.3.4`.
    pub number: String,
    /// Its title: `2-style and 4-style USE dependencies`.
    pub title: String,
}

impl From<(String, String)> for Section {
    fn from((number, title): (String, String)) -> Self {
        Self { number, title }
    }
}

impl Section {
    /// The section that a label stands in. The chapter, if known, tells apart what has no label but a title.
    pub fn find(chapter: Option<&str>, label: &str) -> Option<&'static Self> {
        let chapters = sections();
        let here = |label: &str| chapter.and_then(|chapter| chapters.get(chapter)?.get(label));
        let anywhere = |label: &str| chapters.values().find_map(|labels| labels.get(label));
        let part = label.split(['/', '(']).next().unwrap_or(label).trim_end();
        here(label)
            .or_else(|| here(part))
            .or_else(|| anywhere(label))
            .or_else(|| anywhere(part))
    }

    /// All labels. Headings without a label are no labels.
    pub fn labels() -> impl Iterator<Item = &'static str> {
        let all = sections().values().flat_map(BTreeMap::keys);
        all.map(String::as_str)
            .filter(|label| !label.starts_with("unlabelled:"))
    }

    /// The section with this number.
    pub fn numbered(number: &str) -> Option<&'static Self> {
        let mut all = sections().values().flat_map(BTreeMap::values);
        all.find(|section| section.number == number)
    }

    /// Number and title: `8.3.4 2-style and 4-style USE dependencies`.
    pub fn name(&self) -> String {
        format!("{} {}", self.number, self.title)
    }

    /// What sections are sorted by, so that they stand in the order of the PMS.
    pub fn order(&self) -> Vec<u32> {
        let part = |part: &str| match part.parse() {
            Ok(number) => number,
            // Appendices have letters, and come last.
            Err(_) => part
                .bytes()
                .next()
                .map_or(0, |letter| 1000 + u32::from(letter)),
        };
        self.number.split('.').map(part).collect()
    }
}

type Sections = BTreeMap<String, BTreeMap<String, Section>>;

/// Sections by chapter and label. `ci/sections` makes the file from the source of the PMS.
fn sections() -> &'static Sections {
    static SECTIONS: OnceLock<Sections> = OnceLock::new();
    SECTIONS.get_or_init(|| {
        // A test makes sure that the file is well-formed; without it only names are lost.
        toml::from_str(include_str!("../sections.toml")).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;

    #[test]
    fn a_label_has_the_number_and_the_title_of_its_section() {
        let found = Section::find(Some("dependencies"), "sec:use-dep").unwrap();
        assert_eq!(found.name(), "8.3.4 2-style and 4-style USE dependencies");
        assert_eq!(found.order(), [8, 3, 4]);
        assert_eq!(
            Section::find(None, "feat:dosym-relative").unwrap().number,
            "12.3.9"
        );
    }

    #[test]
    fn every_section_of_the_catalogue_has_a_name() {
        let suite = Suite::embedded().unwrap();
        for requirement in suite.catalogue.values() {
            let chapter = requirement.chapter();
            if chapter != "glossary" {
                let found = Section::find(Some(chapter), &requirement.section);
                assert!(found.is_some(), "{chapter} {}", requirement.section);
            }
        }
    }
}

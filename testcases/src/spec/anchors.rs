//! Anchors: the paragraphs of the pinned text by checksum, and the requirements that stand on each.

use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::paragraphs::Chapter;
use crate::requirement::{Catalogue, Requirement};

/// The paragraphs of one text of the PMS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Anchors {
    /// The commit of the PMS.
    pub revision: String,
    /// By chapter and checksum, in the order of the text.
    #[serde(flatten)]
    pub chapters: IndexMap<String, IndexMap<String, Anchor>>,
}

/// What stands on a paragraph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The closest label before it.
    pub label: String,
    /// Ids of requirements.
    #[serde(default)]
    pub requirements: Vec<String>,
}

impl Anchors {
    /// The anchors of a text, by the lines that the catalogue names; and the requirements whose lines hold no paragraph.
    pub fn of<'a>(
        revision: &str,
        chapters: &[Chapter],
        catalogue: &'a Catalogue,
    ) -> (Self, Vec<&'a str>) {
        let mut anchors = Self {
            revision: revision.to_owned(),
            ..Self::default()
        };
        let mut placed = Vec::new();
        for chapter in chapters {
            let mut here: IndexMap<String, Anchor> = IndexMap::new();
            for paragraph in &chapter.paragraphs {
                let anchor = here.entry(paragraph.checksum.clone()).or_default();
                if anchor.label.is_empty() {
                    anchor.label.clone_from(&paragraph.label);
                }
                let on = catalogue.values().filter(|requirement| {
                    requirement.chapter() == chapter.name
                        && lines(requirement).is_some_and(|(first, last)| {
                            first <= paragraph.last && paragraph.first <= last
                        })
                });
                for requirement in on {
                    placed.push(requirement.id.as_str());
                    if !anchor.requirements.contains(&requirement.id) {
                        anchor.requirements.push(requirement.id.clone());
                    }
                }
            }
            anchors.chapters.insert(chapter.name.clone(), here);
        }
        let all = catalogue.values().filter(|requirement| !requirement.draft);
        let lost = all.map(|requirement| requirement.id.as_str());
        let lost = lost.filter(|id| !placed.contains(id)).collect();
        (anchors, lost)
    }

    /// The anchors of the text that the catalogue describes.
    pub fn pinned() -> &'static Self {
        static PINNED: OnceLock<Anchors> = OnceLock::new();
        PINNED.get_or_init(|| {
            // A test makes sure that the file is well-formed.
            toml::from_str(include_str!("../../anchors.toml")).unwrap_or_default()
        })
    }

    /// Whether some paragraph of the text has this checksum.
    pub fn has(&self, checksum: &str) -> bool {
        self.chapters.values().any(|all| all.contains_key(checksum))
    }

    /// The text of `anchors.toml`.
    pub fn text(&self) -> String {
        let mut out = String::from(
            "# Made by `pmsts spec anchors` from the text of the PMS: by chapter and checksum of each paragraph, its label and\n\
             # the requirements that stand on it.\n\n",
        );
        out.push_str(&format!("revision = \"{}\"\n", self.revision));
        for (chapter, anchors) in &self.chapters {
            out.push_str(&format!("\n[{chapter}]\n"));
            for (checksum, anchor) in anchors {
                let label = anchor.label.replace('\\', "\\\\").replace('"', "\\\"");
                out.push_str(&format!("{checksum} = {{ label = \"{label}\""));
                if !anchor.requirements.is_empty() {
                    let ids = anchor.requirements.iter().map(|id| format!("\"{id}\""));
                    let ids: Vec<String> = ids.collect();
                    out.push_str(&format!(", requirements = [{}]", ids.join(", ")));
                }
                out.push_str(" }\n");
            }
        }
        out
    }
}

/// The lines that a requirement names, as first and last.
fn lines(requirement: &Requirement) -> Option<(usize, usize)> {
    let (first, last) = requirement
        .lines
        .split_once('-')
        .unwrap_or((&requirement.lines, &requirement.lines));
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PMS_REVISION, Suite};

    #[test]
    fn the_pinned_anchors_are_of_the_catalogues_text_and_name_every_requirement() {
        let pinned = Anchors::pinned();
        assert_eq!(pinned.revision, PMS_REVISION);
        let suite = Suite::embedded().unwrap();
        let all = pinned.chapters.values().flat_map(IndexMap::values);
        let named: Vec<&String> = all.flat_map(|anchor| &anchor.requirements).collect();
        for id in &named {
            assert!(
                suite.catalogue.contains_key(*id),
                "{id} is gone: run `pmsts spec anchors`"
            );
        }
        for (id, requirement) in &suite.catalogue {
            assert!(
                requirement.draft || named.contains(&id),
                "{id} has no anchor: run `pmsts spec anchors`"
            );
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let pinned = Anchors::pinned();
        let again: Anchors = toml::from_str(&pinned.text()).unwrap();
        assert_eq!(again, *pinned);
    }
}

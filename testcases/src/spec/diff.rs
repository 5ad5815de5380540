//! Compares a text of the PMS with an older one, by the requirements that stand on it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::anchors::Anchors;
use super::paragraphs::{Chapter, Paragraph};

/// What a text of the PMS changes for the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SpecDiff {
    /// The older text.
    pub from: String,
    /// Paragraphs with requirements that are no longer there as they were.
    pub changed: Vec<Changed>,
    /// Paragraphs that oblige somebody, and that no requirement names.
    pub unnamed: Vec<Unnamed>,
    /// Labels that are gone.
    pub gone: Vec<Gone>,
}

/// A paragraph that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The chapter.
    pub chapter: String,
    /// Its label in the older text.
    pub label: String,
    /// Ids of the requirements that stand on it.
    pub requirements: Vec<String>,
    /// Paragraphs of the newer text under this label that the older one does not have.
    pub now: Vec<Place>,
}

/// A paragraph that no requirement names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unnamed {
    /// Whether the older text does not have it.
    pub new: bool,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
}

/// A place in the newer text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// First line, counted from 1.
    pub first_line: usize,
    /// Last line.
    pub last_line: usize,
    /// The label.
    pub label: String,
    /// The first words.
    pub opening: String,
}

/// A label that the newer text does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// The label.
    pub label: String,
    /// Ids of the requirements whose section it is.
    pub requirements: Vec<String>,
}

/// Compares the text `new` with the text that `old` and `old_labels` are of. `pinned` says what stands where; `sections` has
/// the label of each requirement by id.
pub fn diff(
    pinned: &Anchors,
    old: &Anchors,
    old_labels: &BTreeSet<String>,
    new: &[Chapter],
    sections: &BTreeMap<&str, &str>,
) -> SpecDiff {
    let paragraphs = || {
        new.iter()
            .flat_map(|chapter| chapter.paragraphs.iter().map(move |it| (chapter, it)))
    };
    let now: BTreeSet<&str> = paragraphs().map(|(_, it)| it.checksum.as_str()).collect();
    let labels: BTreeSet<&String> = new.iter().flat_map(|chapter| &chapter.labels).collect();
    let mut result = SpecDiff {
        from: old.revision.clone(),
        ..SpecDiff::default()
    };
    for (chapter, anchors) in &pinned.chapters {
        for (checksum, anchor) in anchors {
            let is_changed = old.has(checksum) && !now.contains(checksum.as_str());
            if !is_changed || anchor.requirements.is_empty() {
                continue;
            }
            let here = paragraphs().filter(|(of, it)| {
                of.name == *chapter && it.label == anchor.label && !old.has(&it.checksum)
            });
            result.changed.push(Changed {
                chapter: chapter.clone(),
                label: anchor.label.clone(),
                requirements: anchor.requirements.clone(),
                now: here.map(|(of, it)| Place::of(of, it)).collect(),
            });
        }
    }
    let named = |checksum: &str| {
        let mut chapters = pinned.chapters.values();
        chapters.any(|all| {
            all.get(checksum)
                .is_some_and(|anchor| !anchor.requirements.is_empty())
        })
    };
    let unnamed = paragraphs().filter(|(_, it)| it.obliges && !named(&it.checksum));
    result.unnamed = unnamed
        .map(|(of, it)| Unnamed {
            new: !old.has(&it.checksum),
            place: Place::of(of, it),
        })
        .collect();
    let gone = old_labels.iter().filter(|label| !labels.contains(label));
    result.gone = gone
        .map(|label| Gone {
            label: label.clone(),
            requirements: sections
                .iter()
                .filter(|(_, section)| *section == label)
                .map(|(id, _)| (*id).to_owned())
                .collect(),
        })
        .collect();
    result
}

impl Place {
    fn of(chapter: &Chapter, paragraph: &Paragraph) -> Self {
        Self {
            file: format!("{}.tex", chapter.name),
            first_line: paragraph.first,
            last_line: paragraph.last,
            label: paragraph.label.clone(),
            opening: paragraph.opening.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::Catalogue;

    const OLD: &str = "\\section{S}\n\\label{sec:s}\nBirds must sing.\n\nSwans must be white.\n\n\\featurelabel{owls} Owls shall see.\n";
    const NEW: &str = "\\section{S}\n\\label{sec:s}\nBirds must sing.\n\nSwans must be white or black.\n\nDucks must swim.\n";

    fn catalogue() -> Catalogue {
        let text = |id: &str, lines: &str| {
            format!(
                "id = \"c.{id}\"\nsection = \"sec:s\"\nlines = \"{lines}\"\nlevel = \"must\"\nsubject = \"package-manager\"\n\
                 eapis = \"0-9\"\nstatement = \"\"\nobservable = \"\"\ncheck = \"\"\ntestable = \"yes\"\n"
            )
        };
        let read = [("sing", "3-3"), ("white", "5"), ("lost", "90-91")];
        let read = read.map(|(id, lines)| {
            let it: crate::Requirement = toml::from_str(&text(id, lines)).unwrap();
            (it.id.clone(), it)
        });
        read.into_iter().collect()
    }

    #[test]
    fn changed_paragraphs_unnamed_obligations_and_gone_labels_are_found() {
        let (old, new) = (Chapter::read("c", OLD), Chapter::read("c", NEW));
        let catalogue = catalogue();
        let (pinned, lost) = Anchors::of("r", std::slice::from_ref(&old), &catalogue);
        assert_eq!(lost, ["c.lost"]);
        let sections = [("c.sing", "sec:s"), ("c.owl", "feat:owls")].into();
        let same = diff(
            &pinned,
            &pinned,
            &old.labels,
            std::slice::from_ref(&old),
            &sections,
        );
        assert_eq!((same.changed.len(), same.gone.len()), (0, 0));
        assert_eq!(same.unnamed.len(), 1, "the owls have no requirement");
        assert!(!same.unnamed[0].new);

        let found = diff(&pinned, &pinned, &old.labels, &[new], &sections);
        assert_eq!(found.changed.len(), 1);
        assert_eq!(found.changed[0].requirements, ["c.white"]);
        let now: Vec<usize> = found.changed[0]
            .now
            .iter()
            .map(|it| it.first_line)
            .collect();
        assert_eq!(now, [5, 7]);
        let unnamed: Vec<(usize, bool)> = found
            .unnamed
            .iter()
            .map(|it| (it.place.first_line, it.new))
            .collect();
        assert_eq!(unnamed, [(5, true), (7, true)]);
        assert_eq!(found.gone[0].label, "feat:owls");
        assert_eq!(found.gone[0].requirements, ["c.owl"]);
    }
}

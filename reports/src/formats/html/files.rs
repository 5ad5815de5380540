//! The files that the builds of a section consist of.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::scope::Scope;
use crate::describe::text::{block, line};
use crate::record::SourceFiles;

/// The files that the builds of a section consist of.
#[derive(Debug, Default, Serialize)]
pub(super) struct Files {
    /// Checksums of builds, each with names of files and their positions in `texts`.
    sources: Vec<(String, Vec<(String, usize)>)>,
    /// The contents of the files, each once, as most builds have most of their files in common.
    texts: Vec<String>,
}

/// The files of a section's builds.
pub(super) fn files(scope: &Scope<'_>, section: usize) -> Files {
    let wanted: BTreeSet<&str> = (0..scope.targets.len())
        .flat_map(|target| scope.instances(section, target))
        .map(|instance| instance.checksum.as_str())
        .collect();
    let mut files = Files::default();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for checksum in wanted {
        let mut records = scope.results.iter();
        let Some(source) = records.find_map(|r| r.sources.get(checksum)) else {
            continue;
        };
        let named = names(source, &mut files.texts, &mut positions);
        files.sources.push((line(checksum), named));
    }
    files
}

fn names<'a>(
    source: &'a SourceFiles,
    texts: &mut Vec<String>,
    positions: &mut BTreeMap<&'a str, usize>,
) -> Vec<(String, usize)> {
    let files = source.files.iter().map(|(path, text)| {
        let position = *positions.entry(text).or_insert_with(|| {
            texts.push(block(text));
            texts.len() - 1
        });
        (line(path), position)
    });
    let mut files: Vec<(String, usize)> = files.collect();
    // Readers look for the ebuild, so it comes first.
    files.sort_by_key(|(path, _)| !path.ends_with(".ebuild"));
    files
}

//! Splits the details of instances into parts that the report's script loads when a reader opens something: one part
//! for each section and target, one for the files of a section, one for the timeline of a target. All texts are safe to show.

use serde::Serialize;

use super::details::details;
use super::files::files;
use super::scope::Scope;
use super::timeline::timeline;

/// A part: the name that the script loads it by, and its JSON.
pub(super) type Part = (String, String);

/// All parts. Each is made when the iterator reaches it, as all parts together can be large.
pub(super) fn parts<'a>(
    scope: &'a Scope<'a>,
) -> impl Iterator<Item = Result<Part, serde_json::Error>> + 'a {
    let sections = 0..scope.sections.len();
    let of_section = sections.flat_map(move |section| {
        let details = (0..scope.targets.len()).filter_map(move |at| {
            let details = details(scope, section, at)?;
            Some(json(format!("{section}-{at}"), &details))
        });
        let files =
            std::iter::once_with(move || json(format!("{section}-files"), &files(scope, section)));
        details.chain(files)
    });
    let timelines = scope
        .targets
        .iter()
        .enumerate()
        .map(|(at, target)| json(format!("time-{at}"), &timeline(target)));
    of_section.chain(timelines)
}

fn json(name: String, value: &impl Serialize) -> Result<Part, serde_json::Error> {
    Ok((name, serde_json::to_string(value)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sample;

    #[test]
    fn data_of_all_parts() {
        let results = [sample::results()];
        let scope = Scope::new(&results);
        let parts: BTreeMap<String, serde_json::Value> = parts(&scope)
            .map(|part| part.map(|(name, json)| (name, serde_json::from_str(&json).unwrap())))
            .collect::<Result<_, _>>()
            .unwrap();
        insta::assert_json_snapshot!(parts);
    }
}

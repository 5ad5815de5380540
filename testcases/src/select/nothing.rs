//! Explains why a selection chooses no case.

use globset::GlobMatcher;

use super::choose::{EapiChoice, Selection, select};
use super::globs::{GlobError, Globs};
use crate::model::{Case, EapiSet};
use crate::suite::Suite;

/// Explains why a selection chooses no case, and names the filter.
///
/// # Errors
/// A filter is not a valid pattern.
pub fn why_nothing(suite: &Suite, selection: &Selection) -> Result<String, GlobError> {
    let filters: [(&str, &[String], Matches); 3] = [
        ("no case matches", &selection.cases, |case, glob| {
            glob.is_match(&case.id)
        }),
        (
            "no case is of a section that matches",
            &selection.sections,
            |case, glob| glob.is_match(&case.section),
        ),
        (
            "no case verifies a requirement that matches",
            &selection.requirements,
            |case, glob| case.requirements.iter().any(|id| glob.is_match(id)),
        ),
    ];
    for (words, globs, matches) in filters {
        for text in globs {
            let glob = Globs::new(std::slice::from_ref(text))?;
            if !suite
                .cases
                .iter()
                .any(|case| glob.admit(|g| matches(case, g)))
            {
                return Ok(format!("{words} `{text}`"));
            }
        }
    }
    why_together(suite, selection)
}

/// Explains why filters that each match some case choose none together.
fn why_together(suite: &Suite, selection: &Selection) -> Result<String, GlobError> {
    let widened = |change: fn(&mut Selection)| {
        let mut wider = selection.clone();
        change(&mut wider);
        select(suite, &wider)
    };
    if !widened(|it| it.undefined = true)?.is_empty() {
        let what = "the chosen cases are about what the PMS leaves open";
        return Ok(format!("{what}: --undefined runs and records them"));
    }
    if !widened(|it| it.draft = true)?.is_empty() {
        let what = "the chosen cases are about the draft of the next EAPI";
        return Ok(format!("{what}: --draft runs and records them"));
    }
    let elsewhere = widened(|it| it.eapis = EapiChoice::All)?;
    let of = |(case, eapis): &(usize, EapiSet)| {
        format!("`{}` is defined in EAPI {eapis}", suite.cases[*case].id)
    };
    let few: Vec<String> = elsewhere.iter().take(3).map(of).collect();
    if !few.is_empty() {
        return Ok(format!(
            "no chosen case is defined in the EAPIs of --eapi ({})",
            few.join(", ")
        ));
    }
    Ok("no case matches all of these filters together".to_owned())
}

type Matches = fn(&Case, &GlobMatcher) -> bool;

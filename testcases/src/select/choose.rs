//! Chooses cases, and the EAPIs to run them in.

use super::globs::{GlobError, Globs};
use super::partition::Partition;
use crate::hash::hash;
use crate::model::{Case, Eapi, EapiError, EapiSet};
use crate::suite::Suite;

/// The filters of a selection. An empty filter admits all cases.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Globs over ids of cases.
    pub cases: Vec<String>,
    /// Globs over PMS labels.
    pub sections: Vec<String>,
    /// Globs over ids of requirements.
    pub requirements: Vec<String>,
    /// The EAPIs of each case.
    pub eapis: EapiChoice,
    /// Whether to include cases of behaviour that the PMS leaves open.
    pub undefined: bool,
    /// Whether to include the draft of the next EAPI.
    pub draft: bool,
    /// A part of the cases; none for all.
    pub partition: Option<Partition>,
    /// The seed of a random choice.
    pub seed: u64,
}

/// The choice of EAPIs in which a case runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EapiChoice {
    /// The first and the last of each range.
    #[default]
    Boundary,
    /// All.
    All,
    /// The newest.
    Latest,
    /// One, chosen by the seed.
    Random,
    /// Those of the set.
    Only(EapiSet),
}

impl std::str::FromStr for EapiChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "boundary" => Ok(Self::Boundary),
            "all" => Ok(Self::All),
            "latest" => Ok(Self::Latest),
            "random" => Ok(Self::Random),
            list => list
                .parse()
                .map(Self::Only)
                .map_err(|e: EapiError| format!("{e}; or write all, boundary, latest or random")),
        }
    }
}

/// The chosen cases by their position in the suite, with their EAPIs, in the suite's order.
pub fn select(suite: &Suite, selection: &Selection) -> Result<Vec<(usize, EapiSet)>, GlobError> {
    let cases = Globs::new(&selection.cases)?;
    let sections = Globs::new(&selection.sections)?;
    let requirements = Globs::new(&selection.requirements)?;
    let chosen = suite.cases.iter().enumerate().filter(|(_, case)| {
        (selection.undefined || !case.undefined)
            && selection
                .partition
                .is_none_or(|part| part.has(&case.build.name))
            && cases.admit(|glob| glob.is_match(&case.id))
            && sections.admit(|glob| glob.is_match(&case.section))
            && requirements.admit(|glob| case.requirements.iter().any(|id| glob.is_match(id)))
    });
    Ok(chosen
        .map(|(index, case)| (index, eapis(case, selection)))
        .filter(|(_, eapis)| !eapis.is_empty())
        .collect())
}

fn eapis(case: &Case, selection: &Selection) -> EapiSet {
    let all = if selection.draft {
        case.eapis
    } else {
        case.eapis.defined()
    };
    match selection.eapis {
        EapiChoice::All => all,
        EapiChoice::Boundary => boundary(case, all),
        EapiChoice::Latest => all.iter().next_back().into_iter().collect(),
        EapiChoice::Only(set) => all.and(set),
        EapiChoice::Random => {
            let eapis: Vec<Eapi> = all.iter().collect();
            let seed = selection.seed ^ u64::from(hash(&case.id));
            let index = scatter(seed) % eapis.len().max(1) as u64;
            eapis
                .get(usize::try_from(index).unwrap_or_default())
                .copied()
                .into_iter()
                .collect()
        }
    }
}

/// The first and the last of these EAPIs of the case, and of each range in which it expects something else.
fn boundary(case: &Case, all: EapiSet) -> EapiSet {
    let ranges = case
        .expect
        .iter()
        .flat_map(|e| &e.by_eapi)
        .map(|(eapis, _)| *eapis);
    let rows = case
        .vectors
        .iter()
        .flat_map(|v| &v.rows)
        .filter_map(|row| row.eapis);
    ranges.chain(rows).fold(all.boundary(), |set, range| {
        set.or(range.and(all).boundary())
    })
}

/// One step of `SplitMix64`: turns a seed into a well-distributed number.
fn scatter(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

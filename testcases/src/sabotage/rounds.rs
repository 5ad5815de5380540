//! All sabotages of a build, in the order in which they are tried.

use super::sabotaged::{Sabotage, expected};
use super::{behaviour, environment, ingredients, words};
use crate::expand::{BuildInstance, Instance};
use crate::model::{Address, Build, Check, Config, Ending, Operation, What};

/// The sabotages of a build, those first that most cases notice.
pub fn sabotages(instance: &BuildInstance, instances: &[&Instance]) -> Vec<Sabotage> {
    let build = &instance.build;
    let (bare, broken) = (ingredients::bare(build), behaviour::broken(build));
    let stands = stands_on_ingredients(build, instances);
    let mut all = if stands {
        vec![bare, broken]
    } else {
        vec![broken, bare]
    };
    if expects_phases(instances) {
        all.push(behaviour::silent(build));
    }
    if expected(instances).any(is_success) {
        all.push(ingredients::masked(instance));
    }
    all.extend(behaviour::forged(build, instances));
    all.push(environment::other(build, instances));
    all.push(environment::forgetful(build));
    all.push(ingredients::lasting(build));
    if words::names_itself(build) {
        all.extend(ingredients::renamed(instance));
    }
    if stands {
        all.extend(ingredients::left_out(build));
        all.extend(behaviour::parts(build));
    } else {
        all.extend(behaviour::parts(build));
        all.extend(ingredients::left_out(build));
    }
    let mut kept: Vec<Sabotage> = Vec::new();
    for sabotage in all {
        if sabotage.build != *build && kept.iter().all(|other| other.build != sabotage.build) {
            kept.push(sabotage);
        }
    }
    kept
}

/// Whether the files and the configuration of a build matter more than its phases.
fn stands_on_ingredients(build: &Build, instances: &[&Instance]) -> bool {
    let refused = expected(instances)
        .any(|(_, check)| matches!(check, Check::Ending(Ending::Refused | Ending::Fails)));
    refused
        || build.ebuilds.len() > 1
        || build.config != Config::default()
        || build.select_profile.is_some()
        || !(build.profile.is_empty() && build.repository.is_empty() && build.root.is_empty())
        || build.ebuilds.values().any(|ebuild| ebuild.text.is_some())
        || build
            .steps
            .iter()
            .any(|step| step.operation == Operation::Metadata)
        || expected(instances).all(|(address, _)| {
            matches!(
                address.what,
                What::Outcome | What::Installed | What::Vdb(_) | What::Metadata(_)
            )
        })
}

/// Whether the expectation is that something is accepted.
fn is_success((address, check): &(Address, Check)) -> bool {
    *check == Check::Ending(Ending::Succeeds)
        || address.what == What::Installed && *check == Check::Is(true)
}

fn expects_phases(instances: &[&Instance]) -> bool {
    expected(instances).any(|(address, _)| matches!(address.what, What::Phases | What::Calls))
}

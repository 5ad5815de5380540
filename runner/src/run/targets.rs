//! Resolves `--pm` into targets: provisions each package manager, and finds its adapter and its Bash.

use std::sync::Arc;

use pmsts_reports::record::TargetRecord;
use pmsts_testcases::EapiSet;

use super::config::RunConfig;
use super::error::RunError;
use crate::adapter::{Adapter, places_of};
use crate::provision::BashVersion;
use crate::provision::bash::{self, Bash};
use crate::provision::{Provisioned, Provisioner, Source, Spec};
use crate::target::Target;
use crate::testbed::Ground;

/// The targets, and the releases that cannot run here.
pub(crate) struct Provided {
    /// The targets to test.
    pub targets: Vec<Target>,
    /// The releases that cannot run here.
    pub left_out: Vec<LeftOut>,
    /// The error of the first of them.
    pub first_error: Option<RunError>,
}

/// A release that was asked for and cannot run here.
#[derive(Debug)]
pub(crate) struct LeftOut {
    /// The release.
    pub spec: Spec,
    /// The reason.
    pub reason: String,
}

impl LeftOut {
    /// A record of the release that holds only the reason.
    pub(crate) fn record(&self, ground: &Ground) -> TargetRecord {
        let name = self.spec.to_string();
        let version = name.split_once('@').map_or("", |(_, release)| release);
        let version = version.to_owned();
        TargetRecord {
            testbed: ground.name.clone(),
            broken: Some(self.reason.clone()),
            ..TargetRecord::new(name.clone(), self.spec.pm.clone(), version, name)
        }
    }
}

/// Provisions every target. A release that cannot run here is left out.
pub(crate) fn provide(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    eapis: EapiSet,
    ground: &Arc<Ground>,
) -> Result<Provided, RunError> {
    let mut provided = Provided {
        targets: Vec::new(),
        left_out: Vec::new(),
        first_error: None,
    };
    let asked = provisioner.or_defaults(&config.pms);
    let (specs, notes): (Vec<_>, Vec<_>) = provisioner.expand(&asked)?.into_iter().unzip();
    let installed = provisioner.install_each(&specs)?;
    for ((spec, notes), installed) in specs.into_iter().zip(notes).zip(installed) {
        let target = installed
            .map_err(RunError::from)
            .and_then(|it| target(config, provisioner, it, notes, eapis, ground));
        match target {
            // Two specifications may name the same directory.
            Ok(target) if provided.targets.iter().any(|d| d.name == target.name) => {}
            Ok(target) => provided.targets.push(target),
            Err(error) if concerns_it_alone(&spec, &error) => {
                provided.left_out.push(LeftOut {
                    reason: error.to_string(),
                    spec,
                });
                provided.first_error.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(provided)
}

/// Whether the error concerns only this release, so that others can run. A missing directory or program is an error
/// of usage, and an interrupt or a full disk concerns all.
fn concerns_it_alone(spec: &Spec, error: &RunError) -> bool {
    let concerns_all = match error {
        RunError::Provision(error) => error.concerns_all(),
        _ => true,
    };
    matches!(spec.source, Source::Registry(_)) && !concerns_all
}

fn target(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    mut provisioned: Provisioned,
    notes: Vec<String>,
    eapis: EapiSet,
    ground: &Arc<Ground>,
) -> Result<Target, RunError> {
    provisioned.notes.extend(notes);
    let adapter = match config.adapters.iter().find(|a| a.name == provisioned.pm) {
        Some(adapter) => adapter.clone(),
        None => Adapter::embedded(&provisioned.pm)?,
    };
    let eapis = adapter.claims(&provisioned.version).and(eapis);
    let (bash, newer_bash) = target_bash(config, provisioner, &provisioned, eapis)?;
    let place = provisioner.place().clone();
    let (_, monitor) = provisioner.parts();
    let links = place.fit(&mut provisioned);
    let host_bash = bash::host(&place, monitor)?.path;
    let there = |program| {
        let mut places = places_of(program).into_iter();
        places.any(|path| ground.path(&path).is_file())
    };
    let sandbox = config.sandbox && adapter.sandbox().is_some_and(there);
    if config.sandbox && !sandbox {
        let lack = "--sandbox has no effect: the root has no such program, or the package manager uses none.";
        provisioned.notes.push(lack.to_owned());
    }
    Ok(Target {
        name: provisioned.spec.to_string(),
        provisioned,
        adapter,
        bash,
        newer_bash,
        host_bash,
        links,
        sandbox,
        ground: Arc::clone(ground),
    })
}

/// The Bash of a target and, if that is too old for some EAPI, a newer one for this EAPI. The machine's own Bash is
/// preferred: it is the one that users have, and a Bash much newer than a release can alone cause failures.
fn target_bash(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    provisioned: &Provisioned,
    eapis: EapiSet,
) -> Result<(Bash, Option<Bash>), RunError> {
    let names: Vec<String> = eapis.iter().map(|e| e.to_string()).collect();
    let for_all = BashVersion::for_eapis(names.iter().map(String::as_str));
    let oldest = BashVersion::for_eapis(names.first().map(String::as_str));
    let own = provisioner
        .recipe(&provisioned.pm)?
        .minimum_bash(&provisioned.version);
    let place = provisioner.place().clone();
    let (cache, monitor) = provisioner.parts();
    let bash = bash::provide(
        &config.bash,
        own.map_or(oldest, |own| own.max(oldest)),
        &place,
        cache,
        monitor,
    )?;
    let newer = match config.bash {
        bash::Choice::Auto if bash.version < for_all => Some(bash::provide(
            &config.bash,
            for_all,
            &place,
            cache,
            monitor,
        )?),
        _ => None,
    };
    Ok((bash, newer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision;

    #[test]
    fn only_a_release_that_cannot_run_here_leaves_the_others_to_run() {
        let alone = |spec: &str, error| concerns_it_alone(&spec.parse().unwrap(), &error);
        let step = || RunError::Provision(provision::Error::NoPython);
        assert!(alone("portage@3.0.83", step()));
        assert!(!alone("portage:/src/portage", step()));
        assert!(!alone("portage", step()));
        let interrupted = RunError::Provision(provision::Error::Interrupted);
        assert!(!alone("portage@3.0.83", interrupted));
        assert!(!alone("portage@3.0.83", RunError::Testbed("no".to_owned())));
    }
}

//! Who is tested: every package manager asked for, provisioned, with its adapter and its Bash.

use pmsts_testcases::EapiSet;

use crate::adapter::Adapter;
use crate::config::RunConfig;
use crate::domain::Domain;
use crate::provision::bash::{self, Bash, BashVersion};
use crate::provision::{Provisioned, Provisioner};
use crate::run::{RunError, system};

/// Provisions every domain.
pub(crate) fn provide(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    eapis: EapiSet,
) -> Result<Vec<Domain>, RunError> {
    let specs = if config.pms.is_empty() {
        provisioner.defaults()
    } else {
        config.pms.clone()
    };
    let mut domains: Vec<Domain> = Vec::new();
    for spec in specs {
        for provisioned in provisioner.install(&spec)? {
            let name = provisioned.spec.to_string();
            if domains.iter().any(|d| d.name == name) {
                continue;
            }
            let adapter = match config.adapters.iter().find(|a| a.name == provisioned.pm) {
                Some(adapter) => adapter.clone(),
                None => Adapter::embedded(&provisioned.pm)?,
            };
            let (bash, newer_bash) = domain_bash(
                config,
                provisioner,
                &provisioned,
                adapter.claims(&provisioned.version).and(eapis),
            )?;
            let (_, monitor) = provisioner.parts();
            let host_bash = bash::host(monitor)?.path;
            let host_bash = host_bash
                .canonicalize()
                .map_err(system("find the machine's Bash"))?;
            domains.push(Domain {
                name,
                provisioned,
                adapter,
                bash,
                newer_bash,
                host_bash,
            });
        }
    }
    Ok(domains)
}

/// The Bash of a domain and, where it is too old for some EAPI, a newer one for that. What runs
/// with the machine's own Bash is what its users see; a Bash that is newer than a release can be
/// the whole reason of a failure.
fn domain_bash(
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
    let (cache, monitor) = provisioner.parts();
    let bash = bash::provide(
        &config.bash,
        own.map_or(oldest, |own| own.max(oldest)),
        cache,
        monitor,
    )?;
    let newer = match config.bash {
        bash::Choice::Auto if bash.version < for_all => {
            Some(bash::provide(&config.bash, for_all, cache, monitor)?)
        }
        _ => None,
    };
    Ok((bash, newer))
}

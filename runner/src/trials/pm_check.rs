//! Tries which releases of package managers can be installed, start, and install a plain package. Results are kept in
//! the cache, so that an interrupted check goes on where it was.

use std::collections::BTreeMap;

use pmsts_reports::record::TargetRecord;
use serde::{Deserialize, Serialize};

use crate::provision::{Provisioner, Spec};
use crate::run;
use crate::run::config::RunConfig;
use crate::run::error::RunError;

/// Directory of kept results in the cache.
const KEPT: &str = "checked";

/// The result for one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The release: `portage@3.0.83`.
    pub target: String,
    /// Version of pmsts that has tried it.
    pub suite: String,
    /// Whether it was installed.
    pub installed: bool,
    /// Its interpreter.
    pub interpreter: Option<String>,
    /// Its Bash.
    pub bash: String,
    /// Its dependencies.
    pub dependencies: BTreeMap<String, String>,
    /// Why it does not work; `None` if it does.
    pub fails: Option<String>,
    /// The explanation, if the failure is known.
    pub known: Option<String>,
}

impl Tried {
    fn of(record: &TargetRecord, known: Option<&str>) -> Self {
        Self {
            target: record.name.clone(),
            suite: env!("CARGO_PKG_VERSION").to_owned(),
            installed: record.broken.is_none() || record.does_not_start(),
            interpreter: record.interpreter.clone(),
            bash: record.bash.clone(),
            dependencies: record.dependencies.clone(),
            fails: record.broken.clone(),
            known: record.broken.as_ref().and(known).map(str::to_owned),
        }
    }
}

/// Tries every release that `config` names, some side by side. `again` tries those anew whose results are kept. `tell`
/// hears of each result.
pub fn check(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    again: bool,
    mut tell: impl FnMut(&Tried),
) -> Result<Vec<Tried>, RunError> {
    provisioner.fresh_dependencies(config.fresh_dependencies);
    let specs = provisioner.expand(&config.pms)?;
    let mut all = Vec::new();
    let mut open = Vec::new();
    for (spec, _) in specs {
        let (cache, _) = provisioner.parts();
        let kept = cache.kept::<Tried>(KEPT, &spec.to_string());
        match kept.filter(|it| !again && it.suite == env!("CARGO_PKG_VERSION")) {
            Some(tried) => {
                tell(&tried);
                all.push(tried);
            }
            None => open.push(spec),
        }
    }
    for some in open.chunks(config.jobs.max(1) * 2) {
        for tried in try_some(config, provisioner, some)? {
            let (cache, _) = provisioner.parts();
            // The index or the network may be the reason of an installation that failed.
            if tried.installed {
                cache.keep(KEPT, &tried.target, &tried)?;
            }
            tell(&tried);
            all.push(tried);
        }
    }
    Ok(all)
}

fn try_some(
    config: &RunConfig,
    provisioner: &mut Provisioner<'_>,
    specs: &[Spec],
) -> Result<Vec<Tried>, RunError> {
    let config = RunConfig {
        pms: specs.to_vec(),
        ..config.clone()
    };
    let records = run::starts(&config, provisioner)?;
    let tried = records.iter().map(|record| {
        let known = provisioner.recipe(&record.pm).ok();
        let known = known.and_then(|recipe| recipe.known_broken(&record.version));
        Tried::of(record, known)
    });
    Ok(tried.collect())
}

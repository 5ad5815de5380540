//! Reads, applies and updates the ledgers that `pmsts run --ledger` and `pmsts ledger` name, and applies those that are
//! part of pmsts where none is named.

use std::path::{Path, PathBuf};

use pmsts_reports::record::{Instance, Results, TargetRecord};
use pmsts_testcases::Suite;

use super::{CliError, say};
use crate::cli::exit_code::ExitCode;
use crate::ledger::{Finding, Ledger, clear};

/// The argument of `--ledger` that hides what is known.
const NONE: &str = "none";

/// The ledgers of a run.
pub(super) struct Ledgers {
    /// Ledgers that the user named, with their paths: what they list does not fail the run.
    given: Vec<(PathBuf, Ledger)>,
    /// Ledgers that are part of pmsts: what they list is shown, and fails the run.
    shipped: Vec<Ledger>,
}

impl Ledgers {
    /// Reads the ledgers that `--ledger` names; those that are part of pmsts stand in for other package managers. With
    /// `bless`, a ledger need not exist, and its findings may lack reasons. `cases` is the directory of case files, if
    /// not the built-in ones.
    pub(super) fn read(
        paths: &[PathBuf],
        bless: bool,
        cases: Option<&Path>,
    ) -> Result<Self, CliError> {
        let named = || paths.iter().filter(|path| path.as_os_str() != NONE);
        let hidden = named().count() < paths.len();
        let suite = match named().next() {
            Some(_) if !bless => Some(Suite::of(cases)?),
            _ => None,
        };
        let given = named().map(|path| Ok((path.clone(), read(path, bless, suite.as_ref())?)));
        let given = given.collect::<Result<Vec<_>, CliError>>()?;
        let mut shipped = if hidden {
            Vec::new()
        } else {
            Ledger::shipped()?
        };
        shipped.retain(|ledger| given.iter().all(|(_, given)| given.pm != ledger.pm));
        Ok(Self { given, shipped })
    }

    /// Reads one ledger, and uses no other.
    pub(super) fn one(path: &Path, bless: bool) -> Result<Self, CliError> {
        let suite = Suite::embedded()?;
        Ok(Self {
            given: vec![(path.to_owned(), read(path, bless, Some(&suite))?)],
            shipped: Vec::new(),
        })
    }

    /// All ledgers, those that the user named first, and whether each is part of pmsts.
    fn all(&self) -> impl Iterator<Item = (&Ledger, bool)> {
        let given = self.given.iter().map(|(_, ledger)| (ledger, false));
        given.chain(self.shipped.iter().map(|ledger| (ledger, true)))
    }

    /// The ledger about the package manager, and whether it is part of pmsts.
    fn of(&self, pm: &str) -> Option<(&Ledger, bool)> {
        self.all().find(|(ledger, _)| ledger.pm == pm)
    }

    /// Whether a ledger is about the package manager.
    pub(super) fn knows(&self, pm: &str) -> bool {
        self.of(pm).is_some()
    }

    /// The finding with this id.
    pub(super) fn finding(&self, id: &str) -> Option<&Finding> {
        let mut findings = self.all().flat_map(|(ledger, _)| &ledger.findings);
        findings.find(|finding| finding.id == id)
    }

    /// The words for failures that may be known.
    pub(super) fn words(&self) -> &'static str {
        if self.given.is_empty() && self.shipped.is_empty() {
            "failed"
        } else {
            "failed (known failures included)"
        }
    }

    /// Whether a ledger lists the failure of an instance of a target, as it is named in a record.
    pub(super) fn know(&self, target: &str, instance: &Instance) -> bool {
        let (pm, version) = target.split_once(['@', ':']).unwrap_or((target, ""));
        let name = |text: &str| text.to_owned();
        let mut record = TargetRecord {
            instances: vec![instance.clone()],
            ..TargetRecord::new(name(target), name(pm), name(version), name(target))
        };
        if let Some((ledger, _)) = self.of(pm) {
            ledger.annotate(&mut record, false);
        }
        record.instances[0].is_known()
    }

    /// Marks the instances that the ledgers list.
    pub(super) fn annotate(&self, results: &mut Results) {
        for target in &mut results.targets {
            match self.of(&target.pm) {
                Some((ledger, shipped)) => ledger.annotate(target, shipped),
                None => clear(target),
            }
        }
    }

    /// Updates the ledgers that the user named, and prints how many findings still lack a reason.
    pub(super) fn bless(&self, results: &Results) -> Result<ExitCode, CliError> {
        for (path, ledger) in &self.given {
            let targets = results.targets.iter();
            let targets: Vec<&TargetRecord> = targets.filter(|run| run.pm == ledger.pm).collect();
            if targets.is_empty() || results.interrupted {
                say(&format!(
                    "{} is not changed: the record has no complete run of {}",
                    path.display(),
                    ledger.pm
                ));
                continue;
            }
            let new = ledger.blessed(&targets);
            new.write(path)?;
            let bare = new.findings.iter().filter(|f| f.reason.is_empty()).count();
            let count = new.findings.len();
            say(&format!(
                "{}: {count} findings, {bare} of them without a reason",
                path.display()
            ));
        }
        Ok(ExitCode::Conforms)
    }
}

/// Reads a ledger.
fn read(path: &Path, bless: bool, suite: Option<&Suite>) -> Result<Ledger, CliError> {
    let suite = suite.filter(|_| !bless);
    match Ledger::read(path, suite)? {
        Some(ledger) => Ok(ledger),
        None if bless => {
            let stem = path.file_stem().unwrap_or_default();
            Ok(Ledger::new(&stem.to_string_lossy()))
        }
        None => {
            let path = path.display();
            Err(CliError::Usage(format!(
                "there is no ledger `{path}`; --bless writes one"
            )))
        }
    }
}

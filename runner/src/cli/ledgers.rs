//! Reads, applies and updates the ledgers that `pmsts run --ledger` and `pmsts ledger` name.

use std::path::PathBuf;

use pmsts_reports::record::{Results, TargetRecord};

use super::{CliError, say};
use crate::cli::exit_code::ExitCode;
use crate::ledger::Ledger;

/// The path of a ledger, and the ledger.
pub(super) type Given = (PathBuf, Ledger);

/// Reads the ledgers. With `bless`, a ledger need not exist, and its entries may lack reasons.
pub(super) fn read(paths: &[PathBuf], bless: bool) -> Result<Vec<Given>, CliError> {
    let read = |path: &PathBuf| {
        let ledger = match Ledger::read(path)? {
            Some(ledger) if bless => ledger,
            Some(ledger) => ledger.reasoned(path)?,
            None if bless => {
                let stem = path.file_stem().unwrap_or_default();
                Ledger::new(&stem.to_string_lossy())
            }
            None => {
                let path = path.display();
                return Err(CliError::Usage(format!(
                    "there is no ledger `{path}`; --bless writes one"
                )));
            }
        };
        Ok((path.clone(), ledger))
    };
    paths.iter().map(read).collect()
}

/// Marks the instances of a target that have an entry in the ledgers of its package manager.
pub(super) fn annotate(ledgers: &[Given], target: &mut TargetRecord) {
    let pm = target.pm.clone();
    for (_, ledger) in ledgers.iter().filter(|(_, ledger)| ledger.pm == pm) {
        ledger.annotate(target);
    }
}

/// Updates the ledgers, and prints how many entries still lack a reason.
pub(super) fn bless(ledgers: &[Given], results: &Results) -> Result<ExitCode, CliError> {
    for (path, ledger) in ledgers {
        let targets: Vec<&TargetRecord> = results
            .targets
            .iter()
            .filter(|run| run.pm == ledger.pm)
            .collect();
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
        let bare = new.known.iter().filter(|k| k.reason.is_empty()).count();
        let count = new.known.len();
        say(&format!(
            "{}: {count} entries, {bare} of them without a reason",
            path.display()
        ));
    }
    Ok(ExitCode::Conforms)
}

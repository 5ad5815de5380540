//! Exit statuses of the program.

use pmsts_reports::record::{Instance, Results, TargetRecord};
use pmsts_testcases::Verdict;

/// The exit status of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Nothing failed.
    Conforms,
    /// A package manager departs from the PMS.
    Departs,
    /// The command line or a case file is wrong (clap uses the same status).
    Usage,
    /// The harness or the set-up broke.
    Broken,
    /// Nothing ran: no case was selected, or every one was skipped.
    NothingRan,
    /// Interrupted.
    Interrupted,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(match code {
            ExitCode::Conforms => 0,
            ExitCode::Departs => 1,
            ExitCode::Usage => 2,
            ExitCode::Broken => 3,
            ExitCode::NothingRan => 4,
            ExitCode::Interrupted => 130,
        })
    }
}

/// The exit status of a run with this record.
pub(super) fn of_record(results: &Results) -> ExitCode {
    let verdicts: Vec<Verdict> = results
        .targets
        .iter()
        .flat_map(|run| &run.instances)
        .map(|i| i.verdict)
        .collect();
    let ran = verdicts
        .iter()
        .any(|v| !matches!(v, Verdict::Skipped | Verdict::Unsupported));
    if results.interrupted {
        ExitCode::Interrupted
    } else if verdicts.contains(&Verdict::Error)
        || results.targets.iter().all(|r| r.broken.is_some())
    {
        ExitCode::Broken
    } else if !ran && !is_empty_shard(results) {
        ExitCode::NothingRan
    } else if results
        .repeats
        .as_ref()
        .is_some_and(|r| !r.differing.is_empty())
        || results
            .targets
            .iter()
            .flat_map(|run| &run.instances)
            .any(Instance::fails_the_run)
    {
        ExitCode::Departs
    } else {
        ExitCode::Conforms
    }
}

/// Whether no case is in this shard. Then running nothing is no failure.
fn is_empty_shard(results: &Results) -> bool {
    let idle = |run: &TargetRecord| run.shards.is_some() && run.instances.is_empty();
    !results.targets.is_empty() && results.targets.iter().all(idle)
}

#[cfg(test)]
mod tests {
    use TargetRecord;

    use super::*;

    fn results(verdicts: &[Verdict]) -> Results {
        let instance = |verdict: &Verdict| {
            let text = r#"{"id": "a@8", "case": "a", "title": "", "eapi": "8", "row": null, "section": "s", "chapter": "c",
                "requirements": [], "verdict": "passed", "reason": null, "disputed": null, "compared": [], "build": null,
                "checksum": "1"}"#;
            Instance {
                verdict: *verdict,
                ..serde_json::from_str(text).unwrap()
            }
        };
        let text = r#"{"schema": 2, "suite": {"version": "1", "revision": null, "pms_revision": "1"},
            "host": {"kernel": "", "system": "", "arch": "", "cores": 1}, "started": "", "duration_ms": 0,
            "interrupted": false, "arguments": [], "seed": 0, "targets": [], "sources": {}}"#;
        let target = TargetRecord {
            instances: verdicts.iter().map(instance).collect(),
            ..TargetRecord::default()
        };
        Results {
            targets: vec![target],
            ..serde_json::from_str(text).unwrap()
        }
    }

    #[test]
    fn the_exit_status_is_that_of_the_worst_that_happened() {
        use Verdict::{
            Error, Failed, NotObserved, Passed, Recorded, Skipped, TimedOut, Unsupported,
        };
        let of = |verdicts: &[Verdict]| of_record(&results(verdicts));
        assert_eq!(of(&[Passed, Recorded, Unsupported]), ExitCode::Conforms);
        for failure in [Failed, NotObserved, TimedOut] {
            assert_eq!(of(&[Passed, failure]), ExitCode::Departs);
        }
        assert_eq!(of(&[Failed, Error]), ExitCode::Broken);
        assert_eq!(of(&[Skipped, Unsupported]), ExitCode::NothingRan);
        assert_eq!(of(&[]), ExitCode::NothingRan);
        let interrupted = Results {
            interrupted: true,
            ..results(&[Failed, Error])
        };
        assert_eq!(of_record(&interrupted), ExitCode::Interrupted);
        let mut broken = results(&[]);
        broken.targets[0].broken = Some("no Python fits".to_owned());
        assert_eq!(of_record(&broken), ExitCode::Broken);
    }
}

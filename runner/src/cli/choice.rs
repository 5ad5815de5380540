//! Options that choose cases.

use std::path::PathBuf;

use clap::Args;
use pmsts_testcases::{EapiChoice, Partition, Selection, Suite, SuiteError};

/// Which cases, in which EAPIs.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Choice of cases")]
pub(super) struct ChoiceArgs {
    /// Ids of cases, with * and ? as wildcards; all when none is given
    #[arg(value_name = "CASE")]
    pub(super) cases: Vec<String>,
    /// PMS labels of sections, with wildcards: 'feat:dosym*'
    #[arg(long, value_name = "LABEL")]
    pub(super) section: Vec<String>,
    /// Ids of requirements, with wildcards: 'ebuild-functions.*'
    #[arg(long, value_name = "ID")]
    pub(super) requirement: Vec<String>,
    /// all, boundary (first and last of each range), latest, random, or a list such as 0-3,8
    #[arg(long, default_value = "boundary", value_name = "EAPIS")]
    pub(super) eapi: EapiChoice,
    /// The seed of --eapi random; printed, so that a run can be repeated
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// A part of the cases: hash:2/5 is the second of five, hash:today/7 another one every day,
    /// hash:index/5 that of a pod in its Kubernetes Indexed Job
    #[arg(long, value_name = "PART")]
    pub(super) partition: Option<Partition>,
    /// Also record what the PMS leaves open
    #[arg(long)]
    pub(super) undefined: bool,
    /// Case files of a directory instead of the program's own
    #[arg(long, value_name = "DIR")]
    pub(super) cases_dir: Option<PathBuf>,
}

impl ChoiceArgs {
    /// The selection; without a seed it gets one of the clock's.
    pub(super) fn selection(&self) -> Selection {
        let clock = || {
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |d| u64::from(d.subsec_nanos()) ^ d.as_secs())
        };
        Selection {
            cases: self.cases.clone(),
            sections: self.section.clone(),
            requirements: self.requirement.clone(),
            eapis: self.eapi,
            undefined: self.undefined,
            partition: self.partition,
            seed: self.seed.unwrap_or_else(clock),
        }
    }

    /// The suite that is chosen from.
    pub(super) fn suite(&self) -> Result<Suite, SuiteError> {
        Suite::of(self.cases_dir.as_deref())
    }
}

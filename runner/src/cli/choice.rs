//! Options that select cases and EAPIs.

use std::path::PathBuf;

use clap::Args;
use pmsts_testcases::{EapiChoice, Partition, Selection, Suite, SuiteError, select};

use super::{CliError, print};

/// Selects cases, and the EAPIs to run them in.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection of cases")]
pub(super) struct ChoiceArgs {
    /// Ids of cases, with wildcards * and ? [default: all]
    #[arg(value_name = "CASE")]
    pub(super) cases: Vec<String>,
    /// Select cases by the PMS label of their section, with wildcards: 'feat:dosym*'
    #[arg(long, value_name = "LABEL")]
    pub(super) section: Vec<String>,
    /// Select cases by the id of a requirement, with wildcards: 'ebuild-functions.*'
    #[arg(long, value_name = "ID")]
    pub(super) requirement: Vec<String>,
    /// EAPIs: latest (the newest of each case), boundary (first and last of each range of a case), all, random, or a list
    /// such as 0-3,8
    #[arg(long, default_value = "latest", value_name = "EAPIS")]
    pub(super) eapi: EapiChoice,
    /// Seed of --eapi random [default: from the clock; it is printed, so that the run can be repeated]
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// Select one part of the cases: hash:2/5 is the second of five, hash:today/7 a different seventh every day,
    /// hash:index/5 the part of this pod in a Kubernetes Indexed Job
    #[arg(long, value_name = "PART")]
    pub(super) partition: Option<Partition>,
    /// Also run cases on what the PMS leaves undefined, and record what they observe
    #[arg(long)]
    pub(super) undefined: bool,
    /// Also run cases on the draft of the next EAPI, and record what they observe
    #[arg(long)]
    pub(super) draft: bool,
    /// Read the case files in DIR instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(super) cases_dir: Option<PathBuf>,
}

impl ChoiceArgs {
    /// The selection. Without --seed, the clock gives the seed.
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
            draft: self.draft,
            partition: self.partition,
            seed: self.seed.unwrap_or_else(clock),
        }
    }

    /// Prints what other EAPIs would add to a run in the newest EAPI of each case.
    pub(super) fn print_more(&self) -> Result<(), CliError> {
        if self.eapi != EapiChoice::Latest {
            return Ok(());
        }
        let suite = self.suite()?;
        let count = |eapis| -> Result<usize, CliError> {
            let selection = Selection {
                eapis,
                ..self.selection()
            };
            let chosen = select(&suite, &selection)?;
            Ok(chosen.iter().map(|(_, eapis)| eapis.iter().count()).sum())
        };
        let (newest, more) = (count(EapiChoice::Latest)?, count(EapiChoice::Boundary)?);
        if more > newest {
            print(&format!(
                "\nEach case ran in its newest EAPI; --eapi boundary also runs the first and last EAPI of each range \
                 ({more} cases and EAPIs in place of {newest}).\n"
            ));
        }
        Ok(())
    }

    /// The suite to select from.
    pub(super) fn suite(&self) -> Result<Suite, SuiteError> {
        Suite::of(self.cases_dir.as_deref())
    }
}

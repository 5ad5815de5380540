//! `pmsts ci`: prints what the CI templates in `ci/` need.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use serde::Serialize;

use super::{CliError, Format, print, setup};
use crate::adapter::Adapter;
use crate::cli::exit_code::ExitCode;
use crate::provision::Spec;

/// Print what the CI templates in ci/ need
#[derive(Debug, Args)]
pub(super) struct CiArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the jobs of a CI run: one for each version and shard
    #[command(after_help = EXAMPLE)]
    Matrix(MatrixArgs),
}

#[derive(Debug, Args)]
struct MatrixArgs {
    /// Package manager, as for `pmsts run`; each release of a range becomes a job; repeatable
    #[arg(long, value_name = "SPEC")]
    pm: Vec<Spec>,
    /// Adapter file for a package manager that is not built in; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    adapter: Vec<PathBuf>,
    /// Number of shards to split the cases into
    #[arg(long, value_name = "N", default_value = "1")]
    shards: NonZeroU32,
    /// Format of standard output; json is one line, which a workflow reads with fromJSON
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLE: &str = "\
Example:
  echo \"matrix=$(pmsts ci matrix --pm portage@3.0.80..3.0.83 --shards 2 --format json)\" >> \"$GITHUB_OUTPUT\"

Each job has `name`, `pm` (for run --pm), `partition` (for run --partition) and `artifact`, a name of letters, digits, dots and hyphens.";

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Matrix {
    include: Vec<Job>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Job {
    name: String,
    pm: String,
    partition: String,
    artifact: String,
}

/// Runs `pmsts ci`.
pub(super) fn execute(args: &CiArgs) -> Result<ExitCode, CliError> {
    let Action::Matrix(args) = &args.action;
    let adapters = args.adapter.iter().map(|path| Adapter::load(path));
    let adapters: Vec<Adapter> = adapters.collect::<Result<_, _>>()?;
    let specs = setup::provisioner(&adapters, |provisioner| {
        let asked = provisioner.or_defaults(&args.pm);
        let exact = provisioner.expand(&asked)?.into_iter();
        Ok(exact.map(|(spec, _)| spec.to_string()).collect::<Vec<_>>())
    })?;
    let matrix = matrix(&specs, args.shards.get());
    match args.format {
        Format::Json => print(&format!("{}\n", serde_json::json!(matrix))),
        Format::Human => {
            for job in &matrix.include {
                print(&format!("--pm {} --partition {}\n", job.pm, job.partition));
            }
        }
    }
    Ok(ExitCode::Conforms)
}

fn matrix(specs: &[String], shards: u32) -> Matrix {
    let job = |(number, spec): (usize, &String), part: u32| {
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        };
        let slug: String = spec.chars().map(safe).collect();
        Job {
            name: match shards {
                1 => spec.clone(),
                _ => format!("{spec}, shard {part} of {shards}"),
            },
            pm: spec.clone(),
            partition: format!("hash:{part}/{shards}"),
            // The number keeps the names apart when two slugs are equal.
            artifact: format!("{}-{slug}-{part}-of-{shards}", number + 1),
        }
    };
    let jobs = specs.iter().enumerate();
    let jobs = jobs.flat_map(|spec| (1..=shards).map(move |part| job(spec, part)));
    Matrix {
        include: jobs.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_every_shard_under_a_name_of_its_own() {
        let jobs = matrix(&["portage@3.0.83".to_owned(), "a:b".to_owned()], 2).include;
        let names: Vec<&str> = jobs.iter().map(|j| j.artifact.as_str()).collect();
        assert_eq!(
            names,
            [
                "1-portage-3.0.83-1-of-2",
                "1-portage-3.0.83-2-of-2",
                "2-a-b-1-of-2",
                "2-a-b-2-of-2"
            ]
        );
        assert_eq!(jobs[1].partition, "hash:2/2");
        assert_eq!(matrix(&["x".to_owned()], 1).include[0].name, "x");
    }
}

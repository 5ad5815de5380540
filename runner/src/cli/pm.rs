//! `pmsts pm`: lists, installs, locates and removes the package managers in the cache.

use clap::{Args, Subcommand};

use super::choice::ChoiceArgs;
use super::setup::{self, SetupArgs};
use super::{CliError, Format, print_json};
use crate::cli::exit_code::ExitCode;
use crate::provision::{Error, Provisioned, Provisioner, Spec};
use crate::trials::pm_check::{Tried, check};

/// List, install, locate and remove package managers
#[derive(Debug, Args)]
pub(super) struct PmArgs {
    #[command(subcommand)]
    command: PmCommand,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum PmCommand {
    /// List the package managers in the cache and on PATH
    List,
    /// Install releases into the cache
    Install {
        /// Releases: NAME@RELEASE, NAME@latest, NAME@FROM..TO, NAME@all or a list like NAME@1.0,1.2
        #[arg(required = true)]
        specs: Vec<Spec>,
    },
    /// Try which releases can be installed, start, and install a plain package; results are kept in the cache
    #[command(after_help = CHECK_STATUS)]
    Check(Box<CheckArgs>),
    /// Print the directory of a package manager without installing it
    Path {
        /// Package manager: as for install, or NAME (on PATH), or NAME:DIR
        spec: Spec,
    },
    /// Remove releases from the cache
    Remove {
        /// Releases, as for install; latest and ranges select among those in the cache
        #[arg(required = true)]
        specs: Vec<Spec>,
    },
}

const CHECK_STATUS: &str = "\
Exit status: 0 every release works or is known not to, 2 wrong usage, 3 a release does not work, 130 interrupted.";

#[derive(Debug, Args)]
struct CheckArgs {
    /// Releases, as for install
    #[arg(required = true)]
    specs: Vec<Spec>,
    /// Try releases again whose results are kept
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    setup: SetupArgs,
}

/// Runs `pmsts pm`.
pub(super) fn execute(args: &PmArgs) -> Result<ExitCode, CliError> {
    if let PmCommand::Check(check) = &args.command {
        return try_releases(check, args.format);
    }
    setup::provisioner(&[], |provisioner| Ok(manage(args, provisioner)?))?;
    Ok(ExitCode::Conforms)
}

fn manage(args: &PmArgs, provisioner: &mut Provisioner<'_>) -> Result<(), Error> {
    match &args.command {
        PmCommand::Check(_) => {}
        PmCommand::List => {
            let mut list = provisioner.list();
            list.extend(provisioner.on_path()?);
            show(&list, args.format, describe);
        }
        PmCommand::Install { specs } => {
            let list = provisioner.install(specs)?;
            show(&list, args.format, describe);
        }
        PmCommand::Path { spec } => {
            show(&provisioner.find(spec)?, args.format, |it| {
                it.prefix.display().to_string()
            });
        }
        PmCommand::Remove { specs } => {
            let mut removed = Vec::new();
            for spec in specs {
                removed.extend(provisioner.remove(spec)?);
            }
            let removed: Vec<_> = removed.iter().map(ToString::to_string).collect();
            show(&removed, args.format, |spec| format!("removed {spec}"));
        }
    }
    Ok(())
}

/// Runs `pmsts pm check`, and prints a line for each release as soon as it is tried.
fn try_releases(args: &CheckArgs, format: Format) -> Result<ExitCode, CliError> {
    let config = args.setup.config(&args.specs, &ChoiceArgs::default());
    let tell = |tried: &Tried| {
        if format == Format::Human {
            super::print(&line(tried));
        }
    };
    let all = setup::provision(&config, |provisioner| {
        Ok(check(&config, provisioner, args.again, tell)?)
    })?;
    if format == Format::Json {
        print_json(&all);
    }
    let unexplained = |it: &Tried| it.fails.is_some() && it.known.is_none();
    Ok(if all.iter().any(unexplained) {
        ExitCode::Broken
    } else {
        ExitCode::Conforms
    })
}

fn line(tried: &Tried) -> String {
    let state = match (&tried.fails, tried.installed) {
        (None, _) => "works",
        (Some(_), true) => "broken",
        (Some(_), false) => "not installed",
    };
    let dependencies = tried.dependencies.iter();
    let dependencies: Vec<String> = dependencies
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let mut text = format!(
        "{:<20} {state:<14} {:<15} {:<10} {}\n",
        tried.target,
        tried.interpreter.as_deref().unwrap_or_default(),
        tried.bash.split(' ').next().unwrap_or_default(),
        dependencies.join(", ")
    );
    for (word, reason) in [("", &tried.fails), ("known: ", &tried.known)] {
        if let Some(reason) = reason {
            let reason = pmsts_testcases::Value::from(reason.as_str()).printable();
            text += &format!("    {word}{reason}\n");
        }
    }
    text
}

fn show<T: serde::Serialize>(list: &[T], format: Format, line: impl Fn(&T) -> String) {
    match format {
        Format::Json => print_json(&list),
        Format::Human => list
            .iter()
            .for_each(|it| super::print(&format!("{}\n", line(it)))),
    }
}

fn describe(it: &Provisioned) -> String {
    let python = it
        .python
        .as_ref()
        .map(|python| format!("Python {}", python.version));
    format!(
        "{:<20} {:<12} {:<14} {}",
        it.spec.to_string(),
        it.version,
        python.unwrap_or_default(),
        it.prefix.display()
    )
}

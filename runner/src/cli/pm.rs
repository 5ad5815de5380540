//! `pmsts pm`: lists, installs, locates and removes the package managers in the cache.

use clap::{Args, Subcommand};

use super::{Format, interrupts::Interrupts, print_json, provision_line::ProvisionLine};
use crate::provision::{Cache, Error, Monitor, Provisioned, Provisioner, Recipe, Spec};

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

/// Runs `pmsts pm`.
pub(super) fn execute(args: &PmArgs) -> Result<(), Error> {
    let interrupts = Interrupts::catch();
    let mut line = ProvisionLine::new();
    let mut report = |progress| line.tell(&progress);
    let monitor = Monitor {
        report: &mut report,
        cancelled: &|| interrupts.came(),
    };
    let mut provisioner = Provisioner::new(Cache::from_env()?, Recipe::bundled(), monitor);
    match &args.command {
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

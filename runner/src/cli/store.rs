//! `pmsts store`: moves what a store knows, and removes what is old.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};
use pmsts_store::{Counts, Prune, Store, import};
use serde_json::json;

use super::{CliError, Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::provision::Cache;
use crate::verdicts::remote::{Address, Peer};
use crate::verdicts::{local_path, remote};

/// Move what a store knows to another one, and remove what is old
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    command: StoreCommand,
    /// File of the store [default: the store of the cache]
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    store: Option<PathBuf>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Write all entries to a file: a line of JSON each, compressed with zstd
    Export {
        /// File to write
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Add the entries of a file
    Import {
        /// File to read
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Give a service what it lacks, and take from it what is lacking here; what was interrupted goes on
    Sync {
        /// Address of the service; the token is in the variable `PMSTS_STORE_TOKEN`
        #[arg(value_name = "URL")]
        url: String,
    },
    /// Remove entries, those first that were not used for longest
    Prune {
        /// Remove entries that were not used for this long: 90d
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, required_unless_present = "size")]
        older: Option<Duration>,
        /// Remove entries until the file has at most this size: 500M, 2G
        #[arg(long, value_name = "SIZE", value_parser = size)]
        size: Option<u64>,
    },
    /// Say where the store is, and how much it holds
    Show,
}

const EXAMPLES: &str = "\
Examples:
  pmsts store show
  pmsts store export verdicts.zst                    all entries, for another machine
  pmsts store import verdicts.zst
  pmsts store sync https://store.example             both directions; only what is new
  pmsts store prune --older 90d --size 2G

Exit status: 0 done, 2 wrong usage, 3 a file or the service cannot be used.";

/// Runs `pmsts store`.
pub(super) fn execute(args: &StoreArgs) -> Result<ExitCode, CliError> {
    let path = match &args.store {
        Some(path) => path.clone(),
        None => local_path(&Cache::from_env()?),
    };
    let mut store = Store::open(&path)?;
    match &args.command {
        StoreCommand::Export { file } => export(&store, file, args.format)?,
        StoreCommand::Import { file } => {
            let source = File::open(file).map_err(|source| CliError::Output {
                path: file.clone(),
                source,
            })?;
            let imported = import(&mut store, BufReader::new(source))?;
            if let Some((line, why)) = &imported.first_refused {
                say(&format!("line {line} is not used: {why}"));
            }
            tell("imported", imported.counts, args.format);
        }
        StoreCommand::Sync { url } => {
            let address: Address = url.parse().map_err(CliError::Usage)?;
            let done = remote::sync(&mut store, &Peer::writer(address))?;
            match args.format {
                Format::Json => {
                    print_json(&json!({ "sent": done.sent, "received": done.received }));
                }
                Format::Human => {
                    tell("sent", done.sent, args.format);
                    tell("received", done.received, args.format);
                }
            }
        }
        StoreCommand::Prune { older, size } => {
            let removed = store.prune(Prune {
                older: *older,
                size: *size,
            })?;
            match args.format {
                Format::Json => print_json(&json!({ "removed": removed })),
                Format::Human => print(&format!("removed {removed} entries\n")),
            }
        }
        StoreCommand::Show => show(&store, args.format)?,
    }
    Ok(ExitCode::Conforms)
}

fn export(store: &Store, file: &Path, format: Format) -> Result<(), CliError> {
    let failed = |source| CliError::Output {
        path: file.to_owned(),
        source,
    };
    let mut to = BufWriter::new(File::create(file).map_err(failed)?);
    let count = store.export(&mut to)?;
    to.flush().map_err(failed)?;
    match format {
        Format::Json => print_json(&json!({ "exported": count })),
        Format::Human => print(&format!("exported {count} entries\n")),
    }
    Ok(())
}

fn show(store: &Store, format: Format) -> Result<(), CliError> {
    let it = store.statistics()?;
    match format {
        Format::Json => print_json(&json!({ "file": store.path(), "statistics": it })),
        Format::Human => print(&format!(
            "{}: {} observed builds, {} verdicts, {} conflicts, {} runs, {} KiB\n",
            store.path().display(),
            it.observations,
            it.verdicts,
            it.conflicts,
            it.runs,
            it.bytes.div_ceil(1024)
        )),
    }
    Ok(())
}

fn tell(what: &str, counts: Counts, format: Format) {
    match format {
        Format::Json => print_json(&counts),
        Format::Human => print(&format!(
            "{what}: {} new, {} known, {} conflicts, {} not used\n",
            counts.new, counts.known, counts.conflicts, counts.refused
        )),
    }
}

/// A size in bytes, with K, M or G for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size: write 500M or 2G");
    let (digits, factor) = match text.chars().last().map(|unit| unit.to_ascii_uppercase()) {
        Some('K') => (&text[..text.len() - 1], 1 << 10),
        Some('M') => (&text[..text.len() - 1], 1 << 20),
        Some('G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_or_none() {
        assert_eq!(size("10"), Ok(10));
        assert_eq!(size("2K"), Ok(2048));
        assert_eq!(size("3g"), Ok(3 << 30));
        for wrong in ["", "M", "x", "-1", "99999999999G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}

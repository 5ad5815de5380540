//! `pmsts map`: records which functions of a package manager each build uses, and shows it.

use clap::Args;
use serde::Serialize;

use super::choice::ChoiceArgs;
use super::progress::Progress;
use super::setup::{self, AdapterFiles, PmsArgs, SetupArgs};
use super::{CliError, Format, print, print_json, say};
use crate::affected::Map;
use crate::cli::exit_code::ExitCode;
use crate::provision::Cache;
use crate::record::events::Sink;
use crate::trials::mapping;

/// Record which functions of a package manager each build uses, so that runs of a checkout begin with what a change touches
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MapArgs {
    /// Record nothing, and show the builds that used functions or files with TEXT in their names, as `FILE:FUNCTION`
    #[arg(long, value_name = "TEXT", requires = "of")]
    uses: Option<String>,
    /// The package manager whose map --uses shows
    #[arg(long, value_name = "NAME", requires = "uses")]
    of: Option<String>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    pms: PmsArgs,
    #[command(flatten)]
    adapters: AdapterFiles,
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    choice: ChoiceArgs,
}

const EXAMPLES: &str = "\
Examples:
  pmsts map --pm portage:.                        all cases in their newest EAPIs; takes about twice as long as a run
  pmsts map --pm portage:. 'dosym*'               adds to the map, or replaces what it has of these cases
  pmsts map --uses doins --of portage             which builds use functions or files with this in their names

The map is kept in the cache, one for each package manager. `pmsts run --pm portage:DIR` reads it.

Exit status: 0 the map is recorded, 2 wrong usage, 3 the harness or the set-up broke, 4 nothing ran, 130 interrupted.";

#[derive(Debug, Serialize)]
struct Recorded<'a> {
    pm: &'a str,
    version: &'a str,
    builds: usize,
    functions: usize,
}

#[derive(Debug, Serialize)]
struct Used<'a> {
    file: &'a str,
    function: &'a str,
    builds: Vec<&'a str>,
}

/// Runs `pmsts map`.
pub(super) fn execute(args: &MapArgs) -> Result<ExitCode, CliError> {
    if let (Some(text), Some(pm)) = (&args.uses, &args.of) {
        return show(pm, text, args.format);
    }
    let config = args
        .setup
        .with_adapters(&args.pms.pm, &args.adapters, &args.choice)?;
    let quiet = args.format == Format::Json;
    let sinks = || -> Vec<Box<dyn Sink>> { vec![Box::new(Progress::new(quiet, "failed"))] };
    let (results, maps) = setup::provision(&config, |provisioner| {
        Ok(mapping::map(&config, provisioner, sinks)?)
    })?;
    let recorded: Vec<Recorded<'_>> = maps.iter().map(Recorded::of).collect();
    match args.format {
        Format::Json => print_json(&recorded),
        Format::Human => {
            for it in &recorded {
                print(&format!(
                    "map of {} ({}): {} builds, {} functions\n",
                    it.pm, it.version, it.builds, it.functions
                ));
            }
        }
    }
    Ok(if results.interrupted {
        ExitCode::Interrupted
    } else if maps.is_empty() {
        say("nothing was watched: no package manager ran");
        ExitCode::NothingRan
    } else {
        ExitCode::Conforms
    })
}

impl<'a> Recorded<'a> {
    fn of(map: &'a Map) -> Self {
        Self {
            pm: &map.pm,
            version: &map.version,
            builds: map.builds(),
            functions: map.functions(),
        }
    }
}

fn show(pm: &str, text: &str, format: Format) -> Result<ExitCode, CliError> {
    let Some(map) = Map::read(&Cache::from_env()?, pm) else {
        return Err(CliError::Usage(format!(
            "there is no map of {pm}: `pmsts map --pm {pm}@latest` records one"
        )));
    };
    let used = map.find(text).into_iter().map(|place| Used {
        file: &place.file,
        function: &place.function,
        builds: map.users(place).into_iter().collect(),
    });
    let used: Vec<Used<'_>> = used.collect();
    if format == Format::Json {
        print_json(&used);
        return Ok(ExitCode::Conforms);
    }
    if used.is_empty() {
        print(&format!(
            "no build used a function or file with `{text}` in its name\n"
        ));
    }
    for it in &used {
        let function = if it.function.is_empty() {
            "(outside of functions)"
        } else {
            it.function
        };
        print(&format!(
            "{}: {function}: {} of {} builds\n",
            it.file,
            it.builds.len(),
            map.builds()
        ));
        // What nearly all use tells nothing.
        if it.builds.len() * 2 <= map.builds() {
            for build in &it.builds {
                print(&format!("    {build}\n"));
            }
        }
    }
    Ok(ExitCode::Conforms)
}

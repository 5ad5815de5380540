//! `pmsts serve`: the store as a service, and who may write to it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use pmsts_service::{Service, serve};
use pmsts_store::{May, NewToken, Store};
use serde_json::json;

use super::{CliError, Format, print, print_json, say};
use crate::cli::exit_code::ExitCode;
use crate::provision::Cache;
use crate::verdicts::local_path;
use crate::verdicts::remote::SERVE_TOKEN;

/// Serve what a store knows over HTTP, and decide who may add to it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct ServeArgs {
    #[command(subcommand)]
    command: Option<ServeCommand>,
    /// Address and port to listen at; port 0 takes any free one. The address is printed
    #[arg(long, default_value = "127.0.0.1:8077", value_name = "ADDRESS:PORT")]
    listen: String,
    /// File of the store [default: the store of the cache]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    store: Option<PathBuf>,
    /// File that says which workflows of GitHub Actions may write; docs/src/howto/sharing.md describes it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    workflows: Option<PathBuf>,
    /// End when standard input is closed
    #[arg(long)]
    until_closed: bool,
}

#[derive(Debug, Subcommand)]
enum ServeCommand {
    /// Tokens: who may write
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// List verdicts that differ under one key: flaky cases, or keys that leave something out
    Conflicts {
        /// Format of standard output
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token, and show it once: only its checksum is kept
    Add {
        /// Name of its owner
        name: String,
        /// What its owner may do; each includes those before: read, write, admin
        #[arg(
            long,
            value_delimiter = ',',
            default_value = "write",
            value_name = "WHAT"
        )]
        may: Vec<May>,
    },
    /// List the names of all tokens
    List {
        /// Format of standard output
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Remove a token: it may do nothing from now on
    Remove {
        /// Name of its owner
        name: String,
    },
}

const EXAMPLES: &str = "\
Examples:
  pmsts serve                                        at port 8077 of this machine
  pmsts serve --listen localhost:0 --store store.db  at any free port, which is printed
  pmsts serve token add ci --may read,write          a token for CI, shown once
  pmsts serve conflicts

Anybody who reaches the port reads; a token writes. Put a proxy with TLS in front before others reach it: docs/src/howto/sharing.md.
Exit status: 0 ended as asked, 2 wrong usage, 3 it cannot serve.";

/// Runs `pmsts serve`.
pub(super) fn execute(args: &ServeArgs) -> Result<ExitCode, CliError> {
    let path = match &args.store {
        Some(path) => path.clone(),
        None => local_path(&Cache::from_env()?),
    };
    match &args.command {
        None => {
            let service = Service {
                listen: args.listen.clone(),
                store: path,
                workflows: args.workflows.clone(),
                until_closed: args.until_closed,
                token: std::env::var(SERVE_TOKEN)
                    .ok()
                    .filter(|token| !token.is_empty()),
            };
            serve(&service, |address| print(&format!("http://{address}\n")))?;
        }
        Some(ServeCommand::Token { command }) => token(&mut Store::open(&path)?, command)?,
        Some(ServeCommand::Conflicts { format }) => conflicts(&Store::open(&path)?, *format)?,
    }
    Ok(ExitCode::Conforms)
}

fn token(store: &mut Store, command: &TokenCommand) -> Result<(), CliError> {
    match command {
        TokenCommand::Add { name, may } => {
            let may = may.iter().copied().max().unwrap_or(May::Read);
            let (token, salt) = random()?;
            if !store.add_token(name, may, &token, salt)? {
                return Err(CliError::Usage(format!(
                    "there is a token `{name}`; remove it first, or take another name"
                )));
            }
            print(&format!("{}\n", token.secret()));
            say(&format!("`{name}` may {may}; the token is not shown again"));
        }
        TokenCommand::List { format } => {
            let tokens = store.tokens()?;
            match format {
                Format::Json => print_json(&tokens),
                Format::Human => {
                    let line = |it: &pmsts_store::Token| {
                        format!("{}  may {}  since {}\n", it.name, it.may, it.made)
                    };
                    print(&tokens.iter().map(line).collect::<String>());
                }
            }
        }
        TokenCommand::Remove { name } => {
            if !store.remove_token(name)? {
                return Err(CliError::Usage(format!("there is no token `{name}`")));
            }
            print(&format!("removed the token `{name}`\n"));
        }
    }
    Ok(())
}

/// A new token and its salt.
fn random() -> Result<(NewToken, [u8; 16]), CliError> {
    let (mut secret, mut salt) = ([0; 32], [0; 16]);
    getrandom::fill(&mut secret)
        .and_then(|()| getrandom::fill(&mut salt))
        .map_err(|error| CliError::Usage(format!("the system gives no random numbers: {error}")))?;
    Ok((NewToken::of(secret), salt))
}

fn conflicts(store: &Store, format: Format) -> Result<(), CliError> {
    let conflicts = store.conflicts(pmsts_store::LARGEST_PAGE)?;
    match format {
        Format::Json => print_json(&json!(conflicts)),
        Format::Human => {
            for it in &conflicts {
                let (first, second) = (it.first.words(), it.second.words());
                print(&format!(
                    "{} on {}: {first} ({}), then {second} ({})\n    {}\n",
                    it.instance, it.release, it.first_found, it.second_found, it.key
                ));
            }
            print(&format!("{} conflicts\n", conflicts.len()));
        }
    }
    Ok(())
}

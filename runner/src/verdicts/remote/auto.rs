//! A service for one run (`--store auto`): a process of its own, which ends when this one does, as its input ends then.

use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pmsts_store::{Key, Store, StoreError};

use super::address::Address;

/// The variable with a token that the service takes while it lives.
pub(crate) const SERVE_TOKEN: &str = "PMSTS_SERVE_TOKEN";

/// A service that ends with this value.
#[derive(Debug)]
pub(crate) struct Auto {
    child: Child,
    /// Its address, with the token.
    pub(crate) address: Address,
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AutoError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process did not start.
    #[error("the service of --store auto did not start: {0}")]
    System(#[from] io::Error),
    /// It printed something else than an address.
    #[error("the service of --store auto did not print its address, but `{0}`")]
    NoAddress(String),
}

impl Auto {
    /// Starts a service on the store in this file.
    pub(crate) fn start(store: &Path) -> Result<Self, AutoError> {
        // It is made here, so that what is wrong with it is told here.
        Store::open(store)?;
        let token = token()?;
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--until-closed",
                "--store",
            ])
            .arg(store)
            .env(SERVE_TOKEN, &token)
            // Ctrl+C is for the run, which still has something to tell the service.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let host = line.trim().strip_prefix("http://");
        let address = host.and_then(|host| format!("http://run:{token}@{host}").parse().ok());
        if let Some(address) = address {
            return Ok(Self { child, address });
        }
        let _ = child.kill();
        let _ = child.wait();
        Err(AutoError::NoAddress(line.trim().to_owned()))
    }
}

impl Drop for Auto {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A token of random bytes.
fn token() -> io::Result<String> {
    let mut random = [0; 32];
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut random)?;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Key::of([digits.as_str()]).to_string())
}

//! The socket of a run, which answers `pmsts status`, and keeps another run from using the same path.

pub(crate) mod run_dir;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::net::UnixListener;
use pmsts_ipc::client::{AskError, ask};
use pmsts_ipc::codec::{Decoder, encode};
use pmsts_ipc::message::{Reply, Request};

/// How long to wait for the answer of a run. It does not answer while it provisions.
const PATIENCE: Duration = Duration::from_secs(2);

/// A path at which a run cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// Another run listens there.
    #[error("a run is alive at `{path}`: {doing}; wait for it, or choose another --socket")]
    Alive {
        /// The socket.
        path: PathBuf,
        /// The status that it answers.
        doing: String,
    },
    /// Something else is there.
    #[error("`{0}` exists and is not a socket; choose another --socket")]
    Occupied(PathBuf),
    /// The system refuses.
    #[error("cannot listen at `{path}`: {source}")]
    System {
        /// The socket.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

/// A listening socket. Its file is removed with it.
#[derive(Debug)]
pub(crate) struct Presence {
    path: PathBuf,
    /// For the event loop.
    pub listener: UnixListener,
}

impl Presence {
    /// Listens at `own`, or at `wished` with `own` as a link to it.
    pub(crate) fn listen(own: &Path, wished: Option<&Path>) -> Result<Self, PresenceError> {
        let Some(wished) = wished else {
            return bind(own);
        };
        let failed = |source| PresenceError::System {
            path: wished.to_owned(),
            source,
        };
        let wished = std::path::absolute(wished).map_err(failed)?;
        let presence = replace(&wished)?;
        symlink(&wished, own).map_err(failed)?;
        Ok(presence)
    }
}

impl Presence {
    /// Answers those who ask for the status, where no event loop does.
    pub(crate) fn answer(&self, status: &str) {
        while let Ok((stream, _)) = self.listener.accept() {
            // Whoever asked may be gone.
            let _ = tell(stream, status);
        }
    }
}

fn tell(stream: mio::net::UnixStream, status: &str) -> io::Result<()> {
    let mut stream = UnixStream::from(std::os::fd::OwnedFd::from(stream));
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut decoder = Decoder::<Request>::new();
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer)?;
        let heard = decoder.decode(&mut &buffer[..count]);
        match heard.map_err(io::Error::other)? {
            Some(Request::Ping) => break,
            None if count > 0 => {}
            _ => return Ok(()),
        }
    }
    let reply = encode(&Reply::Pong(status.to_owned())).map_err(io::Error::other)?;
    stream.write_all(&reply)
}

impl Drop for Presence {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Listens at a path that is free or was left by a dead run. The lock on the directory keeps two runs that start at the
/// same time from taking each other for dead.
fn replace(path: &Path) -> Result<Presence, PresenceError> {
    let failed = |source| PresenceError::System {
        path: path.to_owned(),
        source,
    };
    let parent = path.parent().unwrap_or(Path::new("/"));
    let directory = File::open(parent).map_err(failed)?;
    directory.lock().map_err(failed)?;
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(e)),
        Ok(meta) if !meta.file_type().is_socket() => {
            return Err(PresenceError::Occupied(path.to_owned()));
        }
        Ok(_) => match status(path) {
            Some(doing) => {
                return Err(PresenceError::Alive {
                    path: path.to_owned(),
                    doing: doing.lines().next().unwrap_or_default().to_owned(),
                });
            }
            None => fs::remove_file(path).map_err(failed)?,
        },
    }
    bind(path)
}

fn bind(path: &Path) -> Result<Presence, PresenceError> {
    let listener = UnixListener::bind(path).and_then(|listener| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    });
    listener
        .map(|listener| Presence {
            path: path.to_owned(),
            listener,
        })
        .map_err(|source| PresenceError::System {
            path: path.to_owned(),
            source,
        })
}

/// Asks the run that listens at the path to cancel a build or a target: whether it does, or why not; `None` if there is no
/// run.
pub(crate) fn cancel(path: &Path, name: &str) -> Option<Result<(), String>> {
    match ask(path, &Request::Cancel(name.to_owned()), PATIENCE) {
        Ok(Reply::Accepted) => Some(Ok(())),
        Ok(Reply::Refused(why)) => Some(Err(why)),
        Ok(Reply::Pong(_)) | Err(AskError::TimedOut(_)) => {
            Some(Err("it cannot cancel anything now".to_owned()))
        }
        Err(_) => None,
    }
}

/// The status of the run that listens at the path; `None` if there is none.
pub(crate) fn status(path: &Path) -> Option<String> {
    match ask(path, &Request::Ping, PATIENCE) {
        Ok(Reply::Pong(status)) => Some(status),
        // A run holds the socket open, and is busy.
        Err(AskError::TimedOut(_)) => Some("it is being set up".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_socket_is_replaced_and_a_living_one_and_a_file_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let own = dir.path().join("own");
        let living = Presence::listen(&own, Some(&path)).unwrap();
        let second = Presence::listen(&dir.path().join("other"), Some(&path));
        assert!(
            matches!(second, Err(PresenceError::Alive { .. })),
            "{second:?}"
        );
        drop(living);
        assert!(!path.exists());
        fs::write(&path, "text").unwrap();
        let third = Presence::listen(&dir.path().join("other"), Some(&path));
        assert!(
            matches!(third, Err(PresenceError::Occupied(_))),
            "{third:?}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    }
}

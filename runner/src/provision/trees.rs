//! Other systems for testbeds: unpacks an archive or a container image into the cache, by its digest.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::cache::{Cache, Entry, Lease};
use super::command::{guarded, run};
use super::error::Error;
use super::progress::{Monitor, Progress};
use crate::testbed::{Ids, Within};

const LIMIT: Duration = Duration::from_secs(1800);

/// Another system.
#[derive(Debug)]
pub struct Tree {
    /// The directory of its files.
    pub root: PathBuf,
    /// What it was unpacked from, as a checksum; a directory has none.
    pub digest: Option<String>,
    _lease: Option<Lease>,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    digest: String,
}

/// Provides the system at a path: a directory as it is, an archive or an OCI layout from the cache, where it is unpacked
/// with these ids.
pub fn provide(
    path: &Path,
    (executable, ids): (&Path, Option<&Ids>),
    cache: &Cache,
    monitor: &mut Monitor<'_>,
) -> Result<Tree, Error> {
    let failed = |source: io::Error| Error::tree(path, source.to_string());
    let path = &path.canonicalize().map_err(failed)?;
    let archives = if path.join("oci-layout").is_file() {
        layers(path).map_err(|why| Error::tree(path, why))?
    } else if path.is_dir() {
        if ids.is_some() {
            let why =
                "its files would belong to nobody in a user namespace; give it as a tar archive";
            return Err(Error::tree(path, why.to_owned()));
        }
        return Ok(Tree {
            root: path.clone(),
            digest: None,
            _lease: None,
        });
    } else {
        vec![path.clone()]
    };
    let digest = digest(&archives).map_err(failed)?;
    let one_user = ids.is_some_and(Ids::is_single);
    let owners = if one_user { "-of-one-user" } else { "" };
    let entry = cache.entry("trees", &format!("{digest}{owners}"));
    loop {
        let lease = entry.lease(monitor)?;
        if entry.is_complete() {
            return Ok(Tree {
                root: entry.dir().join("root"),
                digest: Some(digest),
                _lease: Some(lease),
            });
        }
        drop(lease);
        let within = Within::new(executable, ids.cloned(), Path::new("/"));
        unpack(&archives, &entry, (&within, one_user), &digest, monitor)?;
    }
}

/// Checksum of the archives, one after another.
fn digest(archives: &[PathBuf]) -> io::Result<String> {
    let mut hash = Sha256::new();
    for archive in archives {
        io::copy(&mut File::open(archive)?, &mut Sink(&mut hash))?;
    }
    let bytes = hash.finalize();
    Ok(bytes
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

struct Sink<'a>(&'a mut Sha256);

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unpack(
    archives: &[PathBuf],
    entry: &Entry,
    (within, one_user): (&Within, bool),
    digest: &str,
    monitor: &mut Monitor<'_>,
) -> Result<(), Error> {
    let lock = entry.lock(monitor)?;
    if entry.is_complete() {
        return Ok(());
    }
    // What a killed process left may belong to ids that only the user namespace can remove.
    do_within(
        within,
        "rm",
        &["-rf".into(), entry.dir().into()],
        &lock,
        monitor,
    )?;
    let unfinished = entry.begin(&lock)?;
    let root = unfinished.dir().join("root");
    fs::create_dir(&root).map_err(|source| Error::cache(&root, source))?;
    for archive in archives {
        monitor.tell(Progress::Unpacking {
            what: archive.display().to_string(),
        });
        let gone = whiteouts(archive, &root, &lock, monitor)?;
        if !gone.is_empty() {
            let words = ["-rf".into(), "--".into()].into_iter().chain(gone);
            do_within(within, "rm", &words.collect::<Vec<_>>(), &lock, monitor)?;
        }
        // Testbeds have devices of their own, and an ordinary user can make none.
        let words = [
            if one_user {
                "--no-same-owner"
            } else {
                "--same-owner"
            },
            "--numeric-owner",
            "--preserve-permissions",
            "--exclude=.wh.*",
            "--exclude=./dev/*",
            "--exclude=dev/*",
            "-C",
        ];
        let mut words: Vec<std::ffi::OsString> = words.map(Into::into).to_vec();
        words.extend([root.clone().into(), "-xf".into(), archive.into()]);
        do_within(within, "tar", &words, &lock, monitor)?;
    }
    unfinished.finish(&Manifest {
        digest: digest.to_owned(),
    })
}

fn do_within(
    within: &Within,
    program: &str,
    words: &[std::ffi::OsString],
    lock: &File,
    monitor: &Monitor<'_>,
) -> Result<(), Error> {
    let step = "unpacking another system";
    let found =
        which::which(program).map_err(|_| Error::step(step, format!("there is no {program}")))?;
    let start = within.words(&found);
    let mut command = guarded(&start[0]);
    command.args(&start[1..]).args(words);
    let output = run(command, step, LIMIT, Some(lock), monitor)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(Error::step(step, output.last_line()))
    }
}

/// The paths that a layer of an image removes from those below it: `.wh.NAME` stands for NAME, and `.wh..wh..opq` for all
/// that the directory has.
fn whiteouts(
    archive: &Path,
    root: &Path,
    lock: &File,
    monitor: &Monitor<'_>,
) -> Result<BTreeSet<std::ffi::OsString>, Error> {
    let mut gone = BTreeSet::new();
    if root
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_none())
    {
        return Ok(gone);
    }
    let step = "reading the list of a layer";
    let mut command = guarded("tar");
    command.arg("-tf").arg(archive);
    let output = run(command, step, LIMIT, Some(lock), monitor)?;
    if !output.status.success() {
        return Err(Error::step(step, output.last_line()));
    }
    let within = Within::new(Path::new(""), None, root);
    for line in output.stdout.lines() {
        let path = Path::new("/").join(line.trim_start_matches("./"));
        let (Some(dir), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
        else {
            continue;
        };
        let dir = within.outside(dir);
        if name == ".wh..wh..opq" {
            let entries = dir.read_dir().into_iter().flatten().flatten();
            gone.extend(entries.map(|entry| entry.path().into()));
        } else if let Some(name) = name.strip_prefix(".wh.") {
            gone.insert(dir.join(name).into());
        }
    }
    Ok(gone)
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    digest: String,
    #[serde(default)]
    media_type: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: String,
}

#[derive(Deserialize)]
struct Image {
    layers: Vec<Descriptor>,
}

/// The layers of an image, the lowest first.
fn layers(layout: &Path) -> Result<Vec<PathBuf>, String> {
    let mut index: Index = read(&layout.join("index.json"))?;
    loop {
        let of_this_machine = |it: &&Descriptor| {
            let platform = it.platform.as_ref().map(|it| it.architecture.as_str());
            platform.is_none_or(|architecture| architecture == architecture_here())
        };
        let found = index.manifests.iter().find(of_this_machine);
        let found = found.ok_or("it has no image for this architecture")?;
        if !found.media_type.contains("index") {
            let image: Image = read(&blob(layout, &found.digest)?)?;
            return image
                .layers
                .iter()
                .map(|it| blob(layout, &it.digest))
                .collect();
        }
        index = read(&blob(layout, &found.digest)?)?;
    }
}

/// The name that images have for this machine's architecture.
fn architecture_here() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The file of a digest `sha256:…`.
fn blob(layout: &Path, digest: &str) -> Result<PathBuf, String> {
    let (kind, hash) = digest.split_once(':').ok_or("a digest has no kind")?;
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
    if !plain(kind) || !plain(hash) {
        return Err(format!("`{digest}` is no digest"));
    }
    Ok(layout.join("blobs").join(kind).join(hash))
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

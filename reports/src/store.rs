//! Reads and writes `results.json`. A file is written under a temporary name and then renamed, so that a full disk
//! or a killed run does not damage the old one.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::error::Category;
use tempfile::NamedTempFile;

use crate::record::{Results, SCHEMA};

/// Why a record cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is not a record.
    #[error("`{path}` is not a results.json: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Place and reason.
        source: serde_json::Error,
    },
    /// The file is incomplete.
    #[error(
        "`{path}` is incomplete, it ends at line {line}, column {column}: copy it again, or repeat the run"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Line where it ends, from 1.
        line: usize,
        /// Column where it ends, from 1.
        column: usize,
    },
    /// The record has a newer version of the schema.
    #[error(
        "`{path}` has schema {found}, but this pmsts reads schemas up to {SCHEMA}: use a newer pmsts (the one that wrote the \
         record), or run the cases again with this one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: u32,
    },
}

/// Reads a record.
pub fn read(path: &Path) -> Result<Results, StoreError> {
    #[derive(Deserialize)]
    struct Versioned {
        schema: u32,
    }
    let text = fs::read_to_string(path).map_err(|source| StoreError::Read {
        path: path.to_owned(),
        source,
    })?;
    let malformed = |source: serde_json::Error| match source.classify() {
        Category::Eof => StoreError::Truncated {
            path: path.to_owned(),
            line: source.line(),
            column: source.column(),
        },
        _ => StoreError::Malformed {
            path: path.to_owned(),
            source,
        },
    };
    // Check the version first: the fields of a newer version may lead to misleading errors.
    let Versioned { schema } = serde_json::from_str(&text).map_err(malformed)?;
    if schema > SCHEMA {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: schema,
        });
    }
    let mut results: Results = serde_json::from_str(&text).map_err(malformed)?;
    results.schema = SCHEMA;
    Ok(results)
}

/// Writes a record.
pub fn write(results: &Results, path: &Path) -> Result<(), StoreError> {
    atomically(path, |file| {
        serde_json::to_writer(&mut *file, results)?;
        file.write_all(b"\n")
    })
}

/// The record as text.
pub fn text(results: &Results) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(results)? + "\n")
}

/// Writes a text file.
pub fn write_text(text: &str, path: &Path) -> Result<(), StoreError> {
    atomically(path, |file| file.write_all(text.as_bytes()))
}

fn atomically(
    path: &Path,
    content: impl FnOnce(&mut io::BufWriter<&mut NamedTempFile>) -> io::Result<()>,
) -> Result<(), StoreError> {
    let written = || -> io::Result<()> {
        let dir = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(dir)?;
        let mut writer = io::BufWriter::new(&mut file);
        content(&mut writer)?;
        writer.flush()?;
        drop(writer);
        file.as_file().sync_all()?;
        file.persist(path)?;
        // Make the new name survive a power cut, too.
        fs::File::open(dir)?.sync_all()
    };
    written().map_err(|source| StoreError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_records_are_refused_with_the_place_of_the_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        for (text, complaint) in [
            ("", "ends at line 1, column 0"),
            ("{\"schema\": 1,\n \"suite\": 5", "ends at line 2"),
            ("{\"schema\": 99, \"other\": {}}", "use a newer pmsts"),
            ("{\"schema\": 1}", "missing field"),
            ("{\"schema\": 1,\n \"suite\" 5}", "line 2 column 10"),
            ("[]", "line 1"),
        ] {
            fs::write(&path, text).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        let results = crate::sample::results();
        write(&results, &path).unwrap();
        assert_eq!(read(&path).unwrap(), results);
    }

    #[test]
    fn unknown_fields_and_the_names_of_schema_1_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.json");
        let results = crate::sample::results();
        let mut json = serde_json::to_value(&results).unwrap();
        json["schema"] = 1.into();
        json["added-later"] = true.into();
        let mut targets = json.as_object_mut().unwrap().remove("targets").unwrap();
        for target in targets.as_array_mut().unwrap() {
            let target = target.as_object_mut().unwrap();
            let name = target.remove("name").unwrap();
            target.insert("domain".to_owned(), name);
            target["instances"][0]["added-later"] = 1.into();
        }
        json["runs"] = targets;
        fs::write(&path, json.to_string()).unwrap();
        assert_eq!(read(&path).unwrap(), results);
    }

    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_text("old", &path).unwrap();
        let failed = atomically(&path, |_| Err(io::Error::other("disk full")));
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

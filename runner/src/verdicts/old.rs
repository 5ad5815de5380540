//! Observations in the files that earlier versions of pmsts kept, one for each target: they go into the store once.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use pmsts_store::{Entry, Store, StoreError};
use serde::Deserialize;

use super::kept::{Body, build_key, entry};

/// How many entries go into the store at once.
const AT_ONCE: usize = 500;

/// A line of a file.
#[derive(Deserialize)]
struct Line {
    found: String,
    checksum: String,
    #[serde(flatten)]
    body: Body,
}

/// Puts the observations of the directory's files into the store, and removes each file that is in it. Lines that are
/// incomplete, left by a killed run, are passed over.
pub(super) fn import(dir: &Path, store: &mut Store) -> Result<(), StoreError> {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    for file in files.map(|file| file.path()) {
        let key = file.file_stem().unwrap_or_default().to_string_lossy();
        let entries = read(&file, &key);
        for some in entries.chunks(AT_ONCE) {
            store.put(some)?;
        }
        // Another run may have removed it already; what is in the store is not put there twice.
        let _ = fs::remove_file(&file);
    }
    let _ = fs::remove_dir(dir);
    Ok(())
}

fn read(file: &Path, target: &str) -> Vec<Entry> {
    let Ok(file) = File::open(file) else {
        return Vec::new();
    };
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    let lines = lines.filter_map(|line| serde_json::from_slice::<Line>(&line).ok());
    let entry = |line: Line| {
        let build = build_key(target, &line.checksum);
        entry(build, line.found, None, &line.body).ok()
    };
    lines.filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdicts::kept::Kept;

    #[test]
    fn old_files_are_in_the_store_afterwards_and_gone() {
        let dir = tempfile::tempdir().unwrap();
        let old = dir.path().join("observations");
        fs::create_dir(&old).unwrap();
        let line = r#"{"found": "2026-01-01T00:00:00Z", "checksum": "c1", "asked": ["output"],
            "build": {"name": "a@8", "lane": 0, "batch": 0, "batch_size": 1, "attempts": 1, "steps": [], "log": ""},
            "observed": {"steps": {}}}"#
            .replace('\n', "");
        let text = format!("{line}\n{}\n", &line[..line.len() / 2]);
        fs::write(old.join("0123.jsonl"), text).unwrap();
        let mut store = Store::open(&dir.path().join("store.db")).unwrap();
        import(&old, &mut store).unwrap();
        assert!(!old.exists());
        let found = store.of_builds(&[build_key("0123", "c1")]).unwrap();
        let kept = Kept::of(&Entry::read(&found[0], None).unwrap()).unwrap();
        assert_eq!(kept.body.build.name, "a@8");
    }
}

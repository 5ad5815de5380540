//! What has changed in a checkout: functions that differ from those of another time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::functions::{Functions, functions};
use crate::trace::Place;

/// The largest source file that is looked at, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The functions of each file, by path below the checkout.
pub(super) type Sources = BTreeMap<String, Functions>;

/// The functions of every source file in a checkout.
pub(super) fn sources(dir: &Path) -> Sources {
    let kept = |entry: &DirEntry| entry.file_name() != ".git" && entry.file_name() != "__pycache__";
    let files = WalkDir::new(dir).into_iter().filter_entry(kept).flatten();
    files
        .filter(|file| file.file_type().is_file())
        .filter(|file| file.metadata().is_ok_and(|meta| meta.len() <= LARGEST))
        .filter_map(|file| {
            let text = fs::read_to_string(file.path()).ok()?;
            let inside = file.path().strip_prefix(dir).ok()?;
            Some((inside.display().to_string(), functions(inside, &text)))
        })
        .collect()
}

/// The functions that differ between two times. A file that is in one of them only has changed as a whole.
pub(super) fn changed(old: &Sources, new: &Sources) -> Vec<Place> {
    let none = Functions::new();
    let mut places = Vec::new();
    for path in old.keys().chain(new.keys()) {
        let (before, after) = (
            old.get(path).unwrap_or(&none),
            new.get(path).unwrap_or(&none),
        );
        let names = before.keys().chain(after.keys());
        for name in names.filter(|name| before.get(*name) != after.get(*name)) {
            places.push(Place {
                file: Place::file_of(Path::new(path)),
                function: name.clone(),
            });
        }
    }
    places.sort();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_by_file_and_function() {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let write = |name: &str, text: &str| fs::write(bin.join(name), text).unwrap();
        write("a.sh", "f() {\n\tx\n}\n");
        write("b.sh", "g() {\n\tx\n}\n");
        let old = sources(dir.path());
        assert_eq!(changed(&old, &old), []);
        write("a.sh", "f() {\n\ty\n}\n");
        write("c.sh", "h\n");
        let place = |file: &str, function: &str| Place {
            file: file.to_owned(),
            function: function.to_owned(),
        };
        let found = changed(&old, &sources(dir.path()));
        assert_eq!(found, [place("bin/a.sh", "f"), place("bin/c.sh", "")]);
    }
}

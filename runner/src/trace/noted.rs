//! Reads what the tracers noted. Pure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The byte between the fields of a line that Bash noted.
const MARK: u8 = 0x1f;

/// A function of a package manager, or what of a file stands outside of functions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the end of its path: a release and a checkout of it have the same.
    pub file: String,
    /// The function; empty outside of functions.
    pub function: String,
}

/// The directories whose files are the package manager's.
#[derive(Debug)]
pub(super) struct Roots(Vec<PathBuf>);

impl Place {
    /// The end of a path by which a file is known: its directory and its name.
    pub(crate) fn file_of(path: &Path) -> String {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        parts[parts.len().saturating_sub(2)..].join("/")
    }
}

impl Roots {
    /// The prefix of a package manager, and the directory of its modules.
    pub(super) fn new(prefix: PathBuf, modules: Option<PathBuf>) -> Self {
        Self([Some(prefix), modules].into_iter().flatten().collect())
    }

    fn place(&self, path: &[u8], function: &[u8]) -> Option<Place> {
        let path = String::from_utf8_lossy(path);
        let path = Path::new(path.as_ref());
        let ours = self.0.iter().any(|root| path.starts_with(root));
        ours.then(|| Place {
            file: Place::file_of(path),
            function: String::from_utf8_lossy(function).into_owned(),
        })
    }

    /// Lines `FILE<TAB>FUNCTION`.
    pub(super) fn python(&self, noted: &[u8]) -> BTreeSet<Place> {
        let lines = noted.split(|byte| *byte == b'\n');
        let pairs = lines.filter_map(|line| {
            let at = line.iter().position(|byte| *byte == b'\t')?;
            let function = &line[at + 1..];
            // `<module>`, `<lambda>`, `<listcomp>` are of no function that has a name.
            let named = if function.starts_with(b"<") {
                &[]
            } else {
                function
            };
            self.place(&line[..at], named)
        });
        pairs.collect()
    }

    /// Lines of `set -x` that begin with PS4. Other lines belong to commands that have several.
    pub(super) fn bash(&self, noted: &[u8]) -> BTreeSet<Place> {
        let mut raw = BTreeSet::new();
        for line in noted.split(|byte| *byte == b'\n') {
            let mut fields = line.splitn(4, |byte| *byte == MARK);
            let (first, file, function) = (fields.next(), fields.next(), fields.next());
            let depth =
                first.is_some_and(|plus| !plus.is_empty() && plus.iter().all(|byte| *byte == b'+'));
            if let (true, Some(file), Some(function)) = (depth, file, function) {
                raw.insert((file, function));
            }
        }
        let outside: [&[u8]; 2] = [b"main", b"source"];
        let places = raw.into_iter().filter_map(|(file, function)| {
            let named = if outside.contains(&function) {
                &[]
            } else {
                function
            };
            self.place(file, named)
        });
        places.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots() -> Roots {
        Roots::new("/pm".into(), Some("/site".into()))
    }

    fn words(places: &BTreeSet<Place>) -> Vec<String> {
        let word = |place: &Place| format!("{}:{}", place.file, place.function);
        places.iter().map(word).collect()
    }

    #[test]
    fn python_notes_functions_of_the_package_manager() {
        let noted = b"/site/portage/dep/__init__.py\tmatch\n/site/portage/dep/__init__.py\t<module>\n/usr/x.py\tf\ncut off";
        let found = words(&roots().python(noted));
        assert_eq!(found, ["dep/__init__.py:", "dep/__init__.py:match"]);
    }

    #[test]
    fn bash_notes_the_function_of_each_command() {
        let noted = b"+\x1f/pm/bin/ebuild.sh\x1fmain\x1fset -x\n++\x1f/pm/bin/ebuild.sh\x1fdie\x1fprintf 'a\n+b'\n+\x1f/tmp/x.ebuild\x1fsrc_compile\x1f:\n";
        let found = words(&roots().bash(noted));
        assert_eq!(found, ["bin/ebuild.sh:", "bin/ebuild.sh:die"]);
    }
}

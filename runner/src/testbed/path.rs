//! Resolves paths of a testbed while its root is still a directory of the host.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// As many links as the kernel follows in one path.
const MOST_LINKS: u32 = 40;

/// The path on the host of an absolute path of the testbed. Links are followed as in the testbed: the kernel would
/// follow an absolute link out of it, and the set-up would write on the host.
pub(crate) fn below(root: &Path, path: &Path) -> PathBuf {
    let mut at = PathBuf::new();
    let mut left = parts(path);
    let mut links = 0;
    while let Some(part) = left.pop() {
        if part == ".." {
            at.pop();
            continue;
        }
        match fs::read_link(root.join(&at).join(&part)) {
            Ok(target) if links < MOST_LINKS => {
                links += 1;
                if target.is_absolute() {
                    at.clear();
                }
                left.extend(parts(&target));
            }
            _ => at.push(part),
        }
    }
    root.join(at)
}

/// The parts of a path, last first.
fn parts(path: &Path) -> Vec<OsString> {
    let part = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().rev().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_as_the_testbed_sees_them() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("data/home")).unwrap();
        for (target, link) in [
            ("/data/home", "home"),
            ("../../../etc", "data/up"),
            ("/nowhere/yet", "dangling"),
            ("/round", "round"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        for (path, expected) in [
            ("/", ""),
            ("/home/a/b", "data/home/a/b"),
            ("/home/../x", "data/x"),
            ("/data/up/passwd", "etc/passwd"),
            ("/dangling/x", "nowhere/yet/x"),
            ("/../../x", "x"),
            ("/round", "round"),
        ] {
            assert_eq!(below(root, Path::new(path)), root.join(expected), "{path}");
        }
    }
}

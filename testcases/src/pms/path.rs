//! `dosym -r` (PMS: install commands).

/// The text of the link that `dosym -r TARGET LINK` makes.
pub fn relative_link(target: &str, link: &str) -> String {
    let mut from = parts(link);
    // The directory of the link; that of `/` is `/`.
    from.pop();
    let to = parts(target);
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..");
    let all: Vec<&str> = up.chain(to[common..].iter().copied()).collect();
    if all.is_empty() {
        ".".to_owned()
    } else {
        all.join("/")
    }
}

/// The parts of a path below the root, when `.`, `..` and empty ones are resolved without looking at files.
fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_from_its_directory() {
        for (target, link, expected) in [
            ("/usr/bin/a", "/usr/bin/b", "a"),
            ("/usr/lib/a", "/usr/bin/b", "../lib/a"),
            ("/a", "b/c/d", "../../a"),
            ("/", "/x", "."),
            ("/usr/bin", "/usr/bin/b", "."),
            ("/usr//./x/../bin/a", "//usr/bin/../bin/b", "a"),
            ("/../a", "/b", "a"),
            ("/ab", "/a/b", "../ab"),
        ] {
            assert_eq!(relative_link(target, link), expected, "{target} {link}");
        }
    }
}

//! Splits a source file into its functions, each with a checksum. Pure.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// Checksums by name of the function; the empty name is what stands outside of functions. Functions of one name in a file
/// count as one.
pub(super) type Functions = BTreeMap<String, u64>;

static PYTHON: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?:async\s+)?def\s+(\w+)").expect("the pattern is constant"));

static BASH: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^\s*(?:function\s+)?([A-Za-z_][\w.:-]*)\s*\(\)\s*(?:\{|\(|$)";
    Regex::new(pattern).expect("the pattern is constant")
});

/// The functions of a source file. A function reaches to the first line that is not indented deeper (Python), or to the
/// line that closes it (Bash); lines of a text that look otherwise count for what surrounds them.
pub(super) fn functions(path: &Path, text: &str) -> Functions {
    let first = text.lines().next().unwrap_or_default();
    let python = path.extension().is_some_and(|it| it == "py")
        || (first.starts_with("#!") && first.contains("python"));
    let mut found = Functions::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        let mut closed = false;
        if python {
            while !blank && open.last().is_some_and(|(at, _)| indent <= *at) {
                open.pop();
            }
        } else {
            let ends = matches!(line.trim_start().chars().next(), Some('}' | ')'));
            closed = ends && open.last().is_some_and(|(at, _)| indent == *at);
        }
        let pattern = if python { &PYTHON } else { &BASH };
        let one_line = !python && line.trim_end().ends_with('}');
        let begun = pattern.captures(line).map(|found| found[1].to_owned());
        if let Some(name) = &begun {
            open.push((indent, name.clone()));
        }
        let inside = open.last().map_or("", |(_, name)| name);
        add(found.entry(inside.to_owned()).or_insert(START), line);
        if closed || (begun.is_some() && one_line) {
            open.pop();
        }
    }
    found
}

/// FNV-1a: it must only tell versions of a function apart.
const START: u64 = 0xcbf2_9ce4_8422_2325;

fn add(sum: &mut u64, line: &str) {
    for byte in line.bytes().chain([b'\n']) {
        *sum = (*sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(name: &str, one: &str, other: &str) -> Vec<String> {
        let (one, other) = (
            functions(Path::new(name), one),
            functions(Path::new(name), other),
        );
        let names = one.keys().chain(other.keys());
        let mut names: Vec<String> = names
            .filter(|n| one.get(*n) != other.get(*n))
            .cloned()
            .collect();
        names.dedup();
        names
    }

    #[test]
    fn a_change_belongs_to_the_function_around_it() {
        let bash = "x=1\ndie() {\n\techo a\n\tif b; then\n\t\tc\n\tfi\n}\nuse() { :; }\ny=2\n";
        assert_eq!(
            changed("ebuild.sh", bash, &bash.replace("\t\tc", "\t\td")),
            ["die"]
        );
        assert_eq!(
            changed("ebuild.sh", bash, &bash.replace(":;", "true;")),
            ["use"]
        );
        assert_eq!(
            changed("ebuild.sh", bash, &bash.replace("y=2", "y=3")),
            [""]
        );
        let python = "import os\n\nclass A:\n    def f(self):\n        return 1\n\n    x = 2\n\ndef g():\n    pass\n";
        assert_eq!(
            changed("a.py", python, &python.replace("return 1", "return 2")),
            ["f"]
        );
        assert_eq!(
            changed("a.py", python, &python.replace("x = 2", "x = 3")),
            [""]
        );
        assert_eq!(
            changed("a.py", python, &python.replace("pass", "g()")),
            ["g"]
        );
    }
}

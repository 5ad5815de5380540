//! Reads the machine's apt sources, in both formats: mirrors and their keys.

use std::{fmt, fs, path::Path};

/// One source of binary packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AptSource {
    pub(super) uris: Vec<String>,
    pub(super) suites: Vec<String>,
    pub(super) components: Vec<String>,
    /// A keyring's path, a fingerprint or a whole key, as written.
    pub(super) signed_by: Option<String>,
}

impl AptSource {
    /// Whether it has the suite `suite` itself, not its updates.
    pub(super) fn serves(&self, suite: &str) -> bool {
        !suite.is_empty()
            && self.suites.iter().any(|it| it == suite)
            && self.components.iter().any(|it| it == "main")
    }
}

/// Writes a stanza for the packages of `main` and no other index.
impl fmt::Display for AptSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Types: deb\nURIs: {}", self.uris.join(" "))?;
        writeln!(f, "Suites: {}\nComponents: main", self.suites.join(" "))?;
        if let Some(key) = &self.signed_by {
            writeln!(f, "Signed-By: {key}")?;
        }
        writeln!(f, "Targets: Packages")
    }
}

/// All sources below `apt` (`/etc/apt`). Files that cannot be read are skipped.
pub(super) fn of_machine(apt: &Path) -> Vec<AptSource> {
    let parts = fs::read_dir(apt.join("sources.list.d"))
        .into_iter()
        .flatten();
    let mut files: Vec<_> = parts.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files.insert(0, apt.join("sources.list"));
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).unwrap_or_default();
        match path.extension().and_then(|end| end.to_str()) {
            Some("sources") => parse_stanzas(&text),
            Some("list") => text.lines().filter_map(parse_line).collect(),
            _ => Vec::new(),
        }
    };
    files.into_iter().flat_map(read).collect()
}

/// Parses `deb [signed-by=KEYRING] URI SUITE COMPONENT…`.
fn parse_line(line: &str) -> Option<AptSource> {
    let line = line.split('#').next()?.trim().strip_prefix("deb")?;
    let line = line.strip_prefix([' ', '\t'])?.trim_start();
    let (options, rest) = match line.strip_prefix('[') {
        Some(line) => line.split_once(']')?,
        None => ("", line),
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(AptSource {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by: options
            .split_whitespace()
            .find_map(|option| Some(option.strip_prefix("signed-by=")?.replace(',', " "))),
    })
}

/// Parses stanzas of `Name: value` with continuation lines, separated by empty lines.
fn parse_stanzas(text: &str) -> Vec<AptSource> {
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines
        .split(|line| line.trim().is_empty())
        .filter_map(parse_stanza)
        .collect()
}

fn parse_stanza(lines: &[&str]) -> Option<AptSource> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            let (_, value) = fields.last_mut()?;
            value.push('\n');
            value.push_str(line);
        } else {
            let (name, value) = line.split_once(':')?;
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let field = |name: &str| {
        fields
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.clone())
    };
    let words = |name: &str| {
        field(name)
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let disabled = field("enabled")
        .is_some_and(|it| matches!(&*it.to_ascii_lowercase(), "no" | "false" | "0"));
    (!disabled && words("types").iter().any(|it| it == "deb")).then(|| AptSource {
        uris: words("uris"),
        suites: words("suites"),
        components: words("components"),
        signed_by: field("signed-by").filter(|key| !key.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_and_without_options() {
        let plain =
            parse_line("deb http://mirror.example/debian bookworm main contrib # note").unwrap();
        assert!(plain.serves("bookworm") && !plain.serves("bookworm-updates") && !plain.serves(""));
        assert_eq!(plain.signed_by, None);
        let signed =
            parse_line("deb [arch=amd64 signed-by=/a.gpg,/b.gpg] http://m.example/ x main")
                .unwrap();
        assert_eq!(signed.signed_by.as_deref(), Some("/a.gpg /b.gpg"));
        for line in [
            "",
            "# deb http://x y main",
            "deb-src http://m.example/ x main",
            "deb",
            "deb http://x",
        ] {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }

    #[test]
    fn stanzas_are_read_with_their_keys() {
        let text = "Types: deb deb-src\nURIs: http://m.example/debian\nSuites: trixie trixie-updates\n\
                    # a comment\nComponents: main\nSigned-By:\n -----BEGIN PGP-----\n .\n abc\n\n\n\
                    Types: deb\nURIs: http://n.example/\nSuites: trixie\nComponents: main\nEnabled: no\n";
        let sources = parse_stanzas(text);
        assert_eq!(sources.len(), 1);
        assert!(sources[0].serves("trixie"));
        assert_eq!(
            sources[0].signed_by.as_deref(),
            Some("\n -----BEGIN PGP-----\n .\n abc")
        );
    }
}
